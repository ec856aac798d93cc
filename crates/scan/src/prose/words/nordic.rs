//! Swedish, Danish with Norwegian, and Finnish.

use super::Language;

pub(super) const SV: Language = Language {
    keywords: "lösenord lösenordet lösenorden lösen lösenfras inloggningsuppgifter engångskod",
    copulas: "är var blir lyder heter",
    own_copulas: "",
    adverbs: "nu fortfarande just bara alltid följande följande: för närvarande",
    bridges: "för till på i av mitt vårt som (nytt) (tillfälligt)",
    followers: "glömt återställa återställt fungerar måste kan inte och eller men eftersom tecken minst fält sida krävs gått utgått felaktigt",
    negations: "glömt glömde fel felaktigt utan inget förlorat ogiltigt återställa",
    empties: "krävs obligatoriskt tomt okänt inget se oförändrat ändrat felaktigt ogiltigt dolt valfritt bifogat separat glömt samma fel borttaget",
    common: "och eller men jag du han hon vi ni de min mitt din vår är var har hade ska kan måste inte ja nej mer också ännu mycket av med för till \
             på i från om som vem vad var när hur alla allt tack hej hälsningar vänliga här där nu idag imorgon igår alltid aldrig konto server kund \
             fråga problem",
    changes: "ändrat ändrade bytt bytte satt uppdaterat ändra byta",
    to: "till",
    owns: "mitt vårt ditt det nya gamla ett",
    r#as: "som",
    users: "användare användarnamn konto",
    and: "och",
};

pub(super) const DA: Language = Language {
    keywords: "adgangskode adgangskoden kodeord kodeordet passord passordet adgangsord løsenord engangskode",
    copulas: "var blir bliver lyder hedder",
    own_copulas: "er",
    adverbs: "nu nå stadig fortsatt lige bare altid følgende følgende: for tiden",
    bridges: "for til på i af av mit mitt vores som din ditt (ny) (nytt) (midlertidig)",
    followers: "glemt nulstil nulstille tilbakestill tilbakestille virker fungerer skal må kan ikke og eller men fordi tegn mindst minst felt side \
                påkrævet udløbet utløpt forkert feil",
    negations: "glemt glemte forkert forkerte feil uten uden ingen intet mistet ugyldig nulstille tilbakestille",
    empties: "påkrævet påkrevd obligatorisk tom tomt ukendt ukjent ingen intet se uændret uendret ændret endret forkert feil ugyldig skjult valgfri \
              vedlagt separat glemt samme udløbet utløpt fjernet",
    common: "og eller men jeg du han hun vi i de min mit mitt din vores er var har havde hadde skal kan må ikke ja nej nei mer også endnu meget mye af av \
             med for til på i fra om som hvem hvad hva hvor når hvordan alle alt tak takk hej hei hilsen venlig vennlig her der nu nå idag i morgen aldrig \
             konto server kunde spørgsmål problem",
    changes: "ændret endret skiftet byttet sat satt opdateret oppdatert ændrede endra",
    to: "til",
    owns: "mit mitt vores vårt dit ditt det nye gamle et",
    r#as: "som",
    users: "bruger brugernavn bruker brukernavn",
    and: "og",
};

pub(super) const FI: Language = Language {
    keywords: "salasana salasanan salasanani salasanaksi salasanasi tunnussana",
    copulas: "oli",
    own_copulas: "on",
    adverbs: "nyt vielä edelleen aina vain tällä hetkellä seuraava seuraava:",
    bridges: "portaaliin palveluun tiedostoon tilille (uusi) (väliaikainen) on",
    followers: "unohtui unohtunut vanhentunut väärä ei toimi täytyy pitää ja tai mutta koska merkkiä vähintään kenttä vaaditaan palauttaminen vaihto",
    negations: "unohdin unohtanut väärä ei ilman kadonnut virheellinen vanhentunut",
    empties: "pakollinen vaaditaan tyhjä tuntematon katso sama vaihdettu väärä vanhentunut piilotettu valinnainen liitteenä erikseen unohtunut virheellinen",
    common: "ja tai mutta minä sinä hän me te he on oli ei kyllä myös vielä hyvin kiitos hei terveisin tässä nyt tänään huomenna eilen aina tili \
             palvelin asiakas kysymys ongelma mitä kuka missä milloin miten kaikki",
    changes: "vaihdoin vaihdettiin vaihdettu muutin muutettu asetettu vaihda",
    to: "",
    owns: "minun meidän uusi vanha",
    r#as: "",
    users: "käyttäjä käyttäjätunnus käyttäjänimi tunnus",
    and: "ja",
};
