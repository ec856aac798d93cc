"""Looks at clean copies with other people's parsers: `check.py HOME PORT USER PASSWORD CA [hole]`. Prints a JSON report.

`HOME/sources` holds the mails, `HOME/written` their copies under the same names, `HOME/values.json` what was taken out of
each. Two parsers: Python's email package, whose defects in a copy its original must have had too, and the IMAP server's
own, which must see the same parts of the same sizes. Then nothing of a value may be left, however it is coded.
`hole` looks at the mails in place of their copies, which must be found out.
"""

import base64
import collections
import email
import email.policy
import imaplib
import json
import pathlib
import re
import ssl
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "residue"))
import check as residue  # noqa: E402

# Shorter values stand anywhere by chance.
SHORTEST = 6


def defects(data):
    """What Python's parser finds wrong, in the structure and in the fields."""
    found = set()
    for enclosed in re.finditer(rb"(?ims)^content-type: *message/rfc822.*?\r?\n\r?\n([a-z0-9+/=\r\n]{60,})", data):
        # One in base64, which it may not be: readers see what is in it once it stands plainly.
        found |= defects(base64.b64decode(enclosed[1] + b"=="))
    for part in email.message_from_bytes(data, policy=email.policy.default).walk():
        found |= {type(d).__name__ for d in part.defects}
        for name in set(part.keys()):
            try:
                for value in part.get_all(name):
                    found |= {f"{name.lower()}: {type(d).__name__}" for d in value.defects}
            except Exception as error:  # the parser's own, on fields that it does not understand
                found.add(f"{name.lower()}: {type(error).__name__}")
    return found


def parts(data):
    """Type and size of every leaf, in order. What is enclosed is the sender's own structure, which parsers see as they like."""

    def within(part):
        if part.get_content_maintype() == "message":
            return
        if part.is_multipart():
            for inner in part.get_payload():
                yield from within(inner)
        else:
            yield part.get_content_type(), len(re.sub("\r?\n", "\r\n", part.get_payload()))

    return list(within(email.message_from_bytes(data, policy=email.policy.SMTP)))


def structure(line):
    """A BODYSTRUCTURE as nested lists."""
    words = re.findall(rb'"(?:[^"\\]|\\.)*"|\{\d+\}|[()]|[^\s()]+', line)
    stack = [[]]
    for word in words:
        if word == b"(":
            stack.append([])
        elif word == b")":
            done = stack.pop()
            stack[-1].append(done)
            if len(stack) == 1:
                break
        else:
            stack[-1].append(word.strip(b'"').lower())
    return stack[0][0]


def leaves(body):
    if isinstance(body[0], list):
        for part in body:
            if not isinstance(part, list):
                return
            yield from leaves(part)
        return
    if body[0] != b"message":
        yield (body[0] + b"/" + body[1]).decode(), int(body[6])


class Server:
    def __init__(self, port, user, password, authority):
        context = ssl.create_default_context(cafile=authority)
        self.imap = imaplib.IMAP4_SSL("localhost", int(port), ssl_context=context)
        self.imap.login(user, password)
        self.imap.select("INBOX")

    def parts(self, data):
        """What the server makes of a message that it is given."""
        self.imap.append("INBOX", None, None, data)
        count = self.imap.select("INBOX")[1][0]
        answer = self.imap.fetch(count, "(BODYSTRUCTURE)")[1]
        whole = b"".join(p if isinstance(p, bytes) else p[0] + b'"' + p[1].replace(b'"', b"") + b'"' for p in answer)
        return list(leaves(structure(whole.split(b"BODYSTRUCTURE ", 1)[1])))


def trouble(source, copy, values, server):
    """Everything wrong with a copy, in words that hold nothing of it."""
    more = defects(copy) - defects(source)
    if more:
        yield "defects: " + ", ".join(sorted(more))
    if any(len(line) > 998 for line in copy.split(b"\r\n")) or re.search(rb"[^\r]\n|\r[^\n]|\0|[\x80-\xff]", copy):
        yield "octets that no mail may have"
    ours, theirs = parts(copy), server.parts(copy)
    if ours != theirs:
        yield f"the parsers differ: {[p for p in ours if p not in theirs]} {[p for p in theirs if p not in ours]}"
    left = residue.held(copy, [{"value": value} for value in values])
    if left:
        yield f"{len(left)} values left"


def main(home, port, user, password, authority, hole=None):
    home = pathlib.Path(home)
    taken = json.loads((home / "values.json").read_text(encoding="utf-8"))
    server = Server(port, user, password, authority)
    counts, troubles = collections.Counter(), []
    for path in sorted((home / "sources").iterdir()):
        source, written = path.read_bytes(), home / "written" / path.name
        values = {v for v in taken.get(path.name, []) if len(v.strip()) >= SHORTEST}
        counts["mails"] += 1
        if not written.exists():
            counts["not written"] += 1
            continue
        copy = written.read_bytes()
        if b"\nX-Lazaret-Verdict: " not in copy:
            counts["no mails"] += 1
            continue
        counts["values"] += len(values)
        if hole:
            counts["values left"] += len(residue.held(source, [{"value": value} for value in values]))
            continue
        for what in trouble(source, copy, values, server):
            counts["troubles"] += 1
            troubles.append(f"{path.name}: {what}")
    print(json.dumps({"counts": counts, "trouble": troubles}))


if __name__ == "__main__":
    main(*sys.argv[1:7])
