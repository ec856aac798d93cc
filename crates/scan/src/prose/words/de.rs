//! German and Dutch.

use super::Language;

pub(super) const DE: Language = Language {
    keywords: "passwort passwörter passworte kennwort kennwörter losungswort zugangscode passworts geheimzahl einmalcode zugangsdaten anmeldedaten \
               logindaten",
    copulas: "ist lautet lauten war sind wäre heißt heisst bleibt",
    own_copulas: "",
    adverbs: "jetzt nun noch immer weiterhin aktuell derzeit momentan einfach nur wie folgt folgendes: folgendermaßen: wieder also nämlich \
              daher ab sofort seit gestern heute neu auf",
    bridges: "für fürs zum zur zu von vom des der im in am beim bei (neu) (alt) (temporär) lautet ist mit",
    followers: "zurücksetzen vergessen ändern funktioniert geht abgelaufen falsch zurückgesetzt geschützt richtlinie richtlinien wurde muss kann \
                nicht mehr wird läuft oder aber weil wenn zeichen mindestens feld seite mail eingeben eingegeben stimmt klappt gesperrt \
                verloren anfordern wiederherstellen abfrage fehlt hat soll darf",
    negations: "vergessen falsches falsche falsch kein keine ohne verloren ungültiges ungültige abgelaufenes",
    empties: "erforderlich vergessen leer (leer) unbekannt keines keine kein siehe unverändert geändert falsch ungültig abgelaufen verborgen \
              pflichtfeld optional geheim gesperrt folgt gleich wie anbei separat bekannt ausgeblendet entfernt geschwärzt richtig korrekt \
              zurückgesetzt weg notwendig nötig da hier dort sicher beispiel platzhalter",
    common: "der die das ein eine einen einem und oder aber ich du er sie es wir ihr mein dein sein unser ihre ist war sind sein haben hat hatte \
             wird werden wurde kann können muss müssen soll nicht kein auch noch schon nur sehr mehr von mit für auf aus bei nach zu in im an am \
             um über unter durch bitte danke hallo liebe grüße gruß freundlichen viele ja nein wie was wer wo wann warum alle alles jetzt heute \
             morgen gestern immer nie wieder hier dort benutzer konto server portal seite kunde frage problem fehler brief post telefon",
    changes: "ändern geändert änderte setzen gesetzt stellen umgestellt wechseln gewechselt",
    to: "auf zu in",
    owns: "mein meine unser dein ihr sein das der neues neue altes aktuelles temporäres unser mein initiales euer das",
    r#as: "als",
    users: "benutzer benutzername nutzer nutzername anmeldename kennung konto nutzerkennung loginname",
    and: "und",
};

pub(super) const NL: Language = Language {
    keywords: "wachtwoord wachtwoorden wachtwoordje toegangscode inloggegevens pincode",
    copulas: "is was zijn luidt wordt blijft",
    own_copulas: "",
    adverbs: "nu nog steeds momenteel gewoon als volgt weer voortaan",
    bridges: "voor van op bij in om het de (nieuw) (tijdelijk) naar",
    followers: "vergeten wijzigen resetten werkt klopt verlopen verlooptniet niet moet kan wordt en of maar want tekens minimaal veld pagina \
                herstellen opnieuw instellen",
    negations: "vergeten verkeerd verkeerde fout foute geen zonder verlopen kwijt onjuist",
    empties: "verplicht leeg onbekend vergeten geen zie ongewijzigd gewijzigd onjuist verlopen verborgen optioneel volgt apart bijgevoegd fout \
              verwijderd kwijt hetzelfde",
    common: "de het een en of maar ik jij hij zij wij jullie mijn jouw zijn haar ons onze is was hebben heeft had wordt worden kan kunnen moet niet \
             geen ook nog al zeer meer van met voor op uit bij naar in aan om over door graag bedankt hallo beste groeten ja nee hoe wat wie waar \
             alle alles nu vandaag morgen gisteren altijd nooit weer hier daar gebruiker account server klant vraag probleem",
    changes: "gewijzigd veranderd aangepast wijzig verander ingesteld gezet",
    to: "naar op in",
    owns: "mijn ons het de nieuwe oude huidige tijdelijke jouw uw",
    r#as: "als",
    users: "gebruiker gebruikersnaam inlognaam",
    and: "en",
};
