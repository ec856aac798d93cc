//! Spanish, Portuguese, Italian and Romanian.

use super::Language;

pub(super) const ES: Language = Language {
    keywords: "contraseña contraseñas contrasena contraseñas clave claves credenciales",
    copulas: "es era sera será son fue sería",
    own_copulas: "queda",
    adverbs: "ahora todavía aún actualmente siempre simplemente la el siguiente siguiente: la: sigue siendo ya temporalmente",
    bridges: "para de del al a en que por (nueva) (temporal) wifi temporal nueva actual",
    followers: "olvidada olvidado perdida caducada incorrecta inválida funciona debe puede no y o pero porque obligatoria requerida caracteres \
                mínimo restablecer restablecida expiró expirada errónea protegida única pública del:",
    negations: "olvidé olvidado olvidada perdí sin ninguna mala incorrecta errónea caducada inválida no restablecer recuperar",
    empties: "obligatoria obligatorio requerida requerido vacía vacío desconocida ninguna ver misma cambiada incorrecta inválida caducada oculta \
              opcional adjunta aparte olvidada eliminada correcta válida igual",
    common: "el la los las un una unos y o pero yo tú él ella nosotros ustedes mi tu su nuestro es era son ser estar está han ha había puede debe no \
             sí más también todavía muy de del con para en por al que quien donde cuando cómo qué todo todos toda gracias hola saludos aquí allí \
             ahora hoy mañana ayer siempre nunca cuenta servidor sitio cliente pregunta problema página enlace éxito",
    changes: "cambié cambiado cambiada cambiar cambio puse poner establecí establecida actualizada",
    to: "a por",
    owns: "mi nuestra tu su la nueva vieja actual una temporal",
    r#as: "como",
    users: "usuario usuaria cuenta nombre",
    and: "y e",
};

pub(super) const PT: Language = Language {
    keywords: "senha senhas palavra-passe palavra-chave credenciais",
    copulas: "é era será são foi",
    own_copulas: "está",
    adverbs: "agora ainda atualmente sempre simplesmente a o seguinte seguinte: já temporariamente",
    bridges: "para de do da dos das ao em no na que por (nova) (temporária) wifi temporária provisória nova atual",
    followers: "esquecida esquecido perdida expirada incorreta inválida funciona deve pode não e ou mas porque obrigatória caracteres mínimo \
                redefinir redefinida expirou errada protegida número atendimento",
    negations: "esqueci esquecida perdi sem nenhuma má incorreta errada expirada inválida não redefinir recuperar",
    empties: "obrigatória obrigatório vazia vazio desconhecida nenhuma ver mesma alterada incorreta inválida expirada oculta opcional anexa separado \
              esquecida removida correta válida igual errada",
    common: "o a os as um uma e ou mas eu tu ele ela nós vocês meu minha seu sua nosso é era são ser estar está tem tinha pode deve não sim mais também \
             ainda muito de do da com para em no na por ao que quem onde quando como porque todo todos tudo obrigado obrigada olá cumprimentos aqui ali agora \
             hoje amanhã ontem sempre nunca conta servidor site cliente pergunta problema página",
    changes: "mudei alterei alterada alterado mudada mudar alterar troquei trocada defini definida",
    to: "para",
    owns: "minha nossa tua sua a nova antiga atual uma",
    r#as: "como",
    users: "usuário utilizador usuario login conta",
    and: "e",
};

pub(super) const IT: Language = Language {
    keywords: "parola parole d'ordine ordine credenziali",
    copulas: "è era sarà sono resta rimane",
    own_copulas: "",
    adverbs: "ora adesso ancora attualmente sempre semplicemente la il seguente seguente: sempre",
    bridges: "per di del della dell' al alla sul nel che (nuova) (temporanea) wifi provvisoria temporanea nuova attuale",
    followers: "dimenticata persa scaduta errata non funziona deve può e o ma perché obbligatoria caratteri minimo reimpostare reimpostata \
                protetta sbagliata chiave chiave: campo",
    negations: "dimenticato dimenticata perso persa senza nessuna sbagliata errata scaduta non reimpostare recuperare",
    empties: "obbligatoria obbligatorio vuota vuoto sconosciuta nessuna vedi stessa cambiata errata scaduta nascosta opzionale allegata \
              dimenticata rimossa corretta valida uguale sbagliata richiesta richiesto separatamente",
    common: "il lo la i gli le un una e o ma io tu lui lei noi voi loro mio mia suo nostra è era sono essere ha aveva può deve non sì più anche \
             ancora molto di del con per in su da al che chi dove quando come perché tutto tutti grazie ciao saluti cordiali qui lì ora oggi domani \
             ieri sempre mai conto server sito cliente domanda problema pagina",
    changes: "cambiato cambiata cambiare modificato modificata impostato impostata aggiornata messo",
    to: "in a con",
    owns: "mia nostra tua sua la nuova vecchia attuale una",
    r#as: "come",
    users: "utente nomeutente account",
    and: "e ed",
};

pub(super) const RO: Language = Language {
    keywords: "parola parolă parolei parole",
    copulas: "este e era va fi sunt",
    own_copulas: "",
    adverbs: "acum încă momentan tot mereu următoarea următoarea:",
    bridges: "pentru de la din mea ta noastră dvs. contului (nouă) nouă temporară wifi",
    followers: "uitată pierdută expirată greșită nu funcționează trebuie poate și sau dar pentru că obligatorie caractere minim resetare resetată",
    negations: "uitat pierdut fără greșită incorectă expirată nu resetare resetez",
    empties: "obligatorie obligatoriu goală necunoscută niciuna vezi aceeași schimbată greșită expirată ascunsă opțională uitată corectă",
    common: "și sau dar eu tu el ea noi voi mea meu este era sunt nu da mai de la cu pentru pe în din ce cine unde când cum toate tot mulțumesc bună \
             salut aici acum azi mâine ieri cont server client problemă",
    changes: "schimbat schimbată modificat setat setată resetat",
    to: "în la cu",
    owns: "mea noua parola",
    r#as: "ca drept",
    users: "utilizator nume",
    and: "și si",
};
