//! Polish, Czech with Slovak, Croatian with its neighbours, Russian and Ukrainian with Bulgarian.

use super::Language;

pub(super) const PL: Language = Language {
    keywords: "weryfikacyjny potwierdzający hasło haslo hasła hasłem hasłu",
    copulas: "jest brzmi było będzie",
    own_copulas: "to",
    adverbs: "teraz nadal wciąż obecnie aktualnie po prostu zawsze następujące następujące:",
    bridges: "do dla na w z od moje (nowe) (tymczasowe) tymczasowe nowe",
    followers: "zapomniane nie działa musi może i lub albo ale bo ponieważ znaków minimum minimalnie wymagane wygasło pole strona zresetować \
                zresetowane resetowanie nieprawidłowe błędne",
    negations: "zapomniałem zapomniałam zapomniane nieprawidłowe złe błędne bez nie wygasłe zgubiłem zresetować",
    empties: "wymagane puste nieznane brak zobacz bez zmienione nieprawidłowe błędne wygasło ukryte opcjonalne osobno zapomniane takie poprawne usunięte",
    common: "i lub ale ja ty on ona my wy oni mój moje twoje jest był są być ma miał może musi nie tak więcej też jeszcze bardzo z od do dla na w przez \
             po za co kto gdzie kiedy jak dlaczego wszystko wszyscy dziękuję dzień dobry cześć pozdrawiam tu tam teraz dziś jutro wczoraj zawsze nigdy \
             konto serwer klient pytanie problem strona",
    changes: "zmieniłem zmieniłam zmieniono zmienione ustawiłem ustawiono zmień",
    to: "na",
    owns: "moje nasze twoje nowe stare to",
    r#as: "jako",
    users: "użytkownik login nazwa użytkownika",
    and: "i oraz",
};

pub(super) const CS: Language = Language {
    keywords: "heslo hesla heslem heslu",
    copulas: "je bylo zní znie bude",
    own_copulas: "",
    adverbs: "nyní teď stále zatím momentálně vždy následující: následující teraz stále",
    bridges: "pro k ke do na od z pre moje (nové) (dočasné) nové dočasné",
    followers: "zapomenuté nefunguje musí může a nebo ale protože znaků minimálně povinné vypršelo pole stránka obnovit resetovat nesprávné dne",
    negations: "zapomněl zapomněla zapomenuté zabudol špatné nesprávné bez neplatné prošlé není obnovit",
    empties: "povinné prázdné neznámé žádné viz stejné změněno nesprávné neplatné vypršelo skryté volitelné samostatně zapomenuté chybné odstraněno \
              dne měsíce týdne",
    common: "a nebo ale já ty on ona my vy oni moje tvoje je byl jsou být má měl může musí ne ano více také ještě velmi z od do pro na v přes po za co \
             kdo kde kdy jak proč vše všichni děkuji dobrý den ahoj pozdravem zde tam nyní dnes zítra včera vždy nikdy účet server zákazník otázka problém",
    changes: "změnil změnila změněno nastavil nastaveno zmenil zmenené",
    to: "na",
    owns: "moje naše tvoje nové staré to",
    r#as: "jako ako",
    users: "uživatel uživatelské jméno používateľ meno",
    and: "a",
};

pub(super) const HR: Language = Language {
    keywords: "lozinka lozinku zaporka geslo šifra slaptažodis",
    copulas: "je bila glasi bo",
    own_copulas: "",
    adverbs: "sada još uvijek trenutno uvek zdaj sljedeća:",
    bridges: "za od na u moja (nova) (privremena) nova",
    followers: "zaboravljena ne radi mora može i ili ali jer znakova najmanje obavezna istekla poništiti",
    negations: "zaboravio zaboravila zaboravljena pogrešna bez nevažeća istekla",
    empties: "obavezna obavezno prazno nepoznato nema vidi ista promijenjena pogrešna neispravna istekla skriveno opcionalno",
    common: "i ili ali ja ti on ona mi vi oni moja je bio su ne da više još vrlo od do za na u što tko gdje kada kako hvala dobar dan pozdrav ovdje \
             tamo sada danas sutra jučer uvijek račun server kupac pitanje problem",
    changes: "promijenio promijenila promijenjena promenio postavljena",
    to: "u na",
    owns: "moja naša nova stara",
    r#as: "kao kot",
    users: "korisnik korisničko ime uporabnik",
    and: "i in",
};

pub(super) const RU: Language = Language {
    keywords: "пароль пароля паролю паролем пароли парола паролата пароле логин-пароль",
    copulas: "это был есть будет является теперь",
    own_copulas: "е",
    adverbs: "теперь сейчас ещё еще пока всегда просто такой такой: следующий следующий: следующее: новый сега все всё",
    bridges: "для от к на в за мой (новый) (временный) ко при до за архива wifi",
    followers: "не забыт забыл забыли истёк истек неверный неправильный сбросить сброс восстановить восстановление должен может и или но потому \
                символов минимум поле страница обязателен подходит работает просрочен заблокирован устарел был: нужно надо слишком",
    negations: "забыл забыла забыли забыт потерял неверный неправильный без нет старый не сбросить сброс восстановить просроченный",
    empties: "обязателен обязательно пустой неизвестен нет см смотри тот изменён изменен неверный неправильный истёк скрыт необязательно отдельно \
              забыт удалён верный правильный прежний тотже обязательное",
    common: "и или но я ты он она мы вы они мой моя мои твой ваш наш это был есть быть не да нет ещё также очень из от до для на в через по за что кто \
             где когда как почему все всё спасибо здравствуйте привет уважением здесь там сейчас сегодня завтра вчера всегда никогда аккаунт \
             сервер клиент вопрос проблема сайт страница",
    changes: "изменил изменила изменён изменен поменял поменяла сменил сменила установил установлен смените сменен",
    to: "на",
    owns: "мой наш твой ваш новый старый это",
    r#as: "как",
    users: "логин пользователь имя учётка потребител",
    and: "и",
};

pub(super) const UK: Language = Language {
    keywords: "пароль пароля паролю паролем паролі",
    copulas: "це був є буде тепер",
    own_copulas: "",
    adverbs: "тепер зараз ще поки завжди просто такий такий: наступний наступний:",
    bridges: "для від до на в у за мій (новий) (тимчасовий)",
    followers: "не забутий забув минув невірний неправильний скинути відновити повинен може і або але тому символів мінімум поле сторінка обов'язковий \
                підходить працює",
    negations: "забув забула забутий загубив невірний неправильний без немає не скинути відновити",
    empties: "обов'язковий порожній невідомий немає див той змінено невірний неправильний прихований окремо забутий видалено",
    common: "і або але я ти він вона ми ви вони мій твій ваш наш це був є бути не так ні ще також дуже з від до для на в через по за що хто де коли як \
             чому все дякую вітаю привіт повагою тут там зараз сьогодні завтра вчора завжди ніколи сервер клієнт питання проблема",
    changes: "змінив змінила змінено поміняв встановив встановлено",
    to: "на",
    owns: "мій наш твій ваш новий старий це",
    r#as: "як",
    users: "логін користувач ім'я",
    and: "і та",
};
