//! French.

use super::Language;

pub(super) const FR: Language = Language {
    keywords: "passe mdp passes d'accès accès identifiants",
    copulas: "est était sera c'est reste devient sont soit",
    own_copulas: "",
    adverbs: "maintenant toujours encore actuellement désormais simplement donc le suivant suivant: suivant le: la à présent aujourd'hui le",
    bridges: "pour de du des d' à au aux sur dans que qui (nouveau) (temporaire) provisoire temporaire wifi actuel initial",
    followers: "oublié oubliée perdu expiré incorrect invalide fonctionne marche doit peut ne n'est n'a et ou mais car requis obligatoire \
                caractères minimum réinitialiser réinitialisé réinitialisation erroné refusé protégé bloqué champ page",
    negations: "oublié perdu mauvais sans aucun faux incorrect invalide expiré pas réinitialiser",
    empties: "requis oublié vide inconnu aucun voir inchangé modifié incorrect invalide expiré masqué caché optionnel obligatoire facultatif joint \
              ci-joint séparément même identique supprimé erroné valide correct perdu",
    common: "le la les un une des et ou mais je tu il elle nous vous ils elles mon ma mes ton votre notre leur est était sont avoir a avait sera être \
             peut doit ne pas plus aussi encore très de du avec pour sur dans par chez à au en y que qui quoi où quand comment pourquoi tout tous \
             toute merci bonjour cordialement salutations oui non ici là maintenant aujourd'hui demain hier toujours jamais compte serveur site \
             client question problème lien page",
    changes: "changé change changer modifié modifier mis mettre défini réinitialisé remplacé",
    to: "en à par pour",
    owns: "mon ma notre votre le la nouveau ancien son leur un actuel",
    r#as: "comme",
    users: "utilisateur identifiant d'utilisateur pseudo nom",
    and: "et",
};
