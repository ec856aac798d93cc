"""presidio.py TEXT BYTES: presidio-analyzer's own recognisers over the first bytes of a file, in pieces of 16 KB, with a
blank tokenizer and no language model; prints MB/s."""
import logging, sys, time
logging.disable(logging.ERROR)
import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine


class Blank(SpacyNlpEngine):
    def __init__(self):
        super().__init__()
        self.nlp = {"en": spacy.blank("en")}

    def load(self):
        pass


registry = RecognizerRegistry()
registry.load_predefined_recognizers(languages=["en"])
registry.recognizers = [r for r in registry.recognizers if "Spacy" not in r.name]
engine = AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["en"])
text = open(sys.argv[1], encoding="utf-8", errors="replace").read()[: int(sys.argv[2])]
pieces = [text[i : i + 16_000] for i in range(0, len(text), 16_000)]
engine.analyze(text=pieces[0], language="en")
start = time.process_time()
found = sum(len(engine.analyze(text=p, language="en")) for p in pieces)
took = time.process_time() - start
print("%.4f %d %d" % (len(text.encode()) / took / 1e6, len(registry.recognizers), found))
