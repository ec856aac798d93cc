//! English, and the words of programs and forms that stand in mail of any language.

use super::Language;

pub(super) const EN: Language = Language {
    keywords: "password passwords passwd passphrase passcode passcodes pass pwd pw psw pswd passw pin otp credential credentials creds secret \
               token apikey api_key passkey code codes",
    copulas: "is was are be were reads equals being",
    own_copulas: "",
    adverbs: "now still currently simply just always like the same as follows following called again therefore probably only \
              actually set to this below: was been has also namely currently: temporarily",
    bridges: "for of to on at in is from we i you that which (temporary) (new) (old) (for) (case-sensitive) (case (wifi) used needed",
    followers: "reset resets page pages policy policies link links field fields manager managers protected protection expiry expires \
                expired expire prompt prompts dialog dialogue dialogs box boxes hash hashes hashed recovery strength requirements requirement rules \
                rule must does doesn't doesnt cannot can't cant can isn't isnt not hasn't had will won't wont needs need may might would could \
                wasn't wasnt generator length screen form forms mail email e-mail never did didn't didnt when because and or but if pad entry \
                request requests sync login authentication auth based verification validation error errors issue issues problem problems \
                characters chars digits letters minimum maximum only before after again yesterday today since until works worked working keeps got gets failed \
                fails history database vault file files attempt attempts attempted rotation list lists type input label column attribute property \
                stays remains seems appears contains lasts rate rates mark grade through by check checks checker change changes changer days \
                hours minutes weeks months times complexity hint hints hygiene leak leaks breach incident app apps tool tools notification \
                grant scopes scope holder class enabled disabled less-free free token:",
    negations: "forgot forgotten forget forgets lost reset wrong incorrect invalid expired without no bad mistyped missing unknown old-fashioned \
                resetting losing",
    empties: "required optional none null nil undefined true false yes no empty hidden value values text string str varchar invalid incorrect wrong \
              expired reset changed forgotten forgot unknown unchanged n/a na tbd todo example redacted removed filtered masked omitted \
              your_password yourpassword your-password mypassword my_password see below above please enter same sent separately not missing \
              blank attached self this process prompt ask stdin input env xxxx abcd type char int integer bool boolean object bytes array list void \
              ok failed failure success successful error protected encrypted set disabled enabled default confirm new old dummy fake placeholder sample \
              ldap sso kerberos saml oauth oauth2 sha1 sha256 sha-256 sha512 md5 bcrypt argon2 pbkdf2 base64 utf8 utf-8 aes128 aes256 aes-256 rot13 \
              win10 win11 windows10 windows11 windows7 office365 o365 ms365 microsoft365 m365 web2 http2 tls1.2 ipv4 ipv6 log4j mp3 mp4 2fa mfa \
              gone broken stolen leaked compromised denied rejected accepted correct working unset locked plain plaintext cleartext \
              stringvalue nonempty generated random auto automatic varchar2 nvarchar longtext linux unix windows private public basic bearer \
              case-sensitive varies confidential withheld elsewhere inside enclosed included username user login email mail",
    common: "the a an is was and or but to of in on at by for with from this that these those it its he she we you they i me my your our their \
             his her what when where who why how all any some more most much many other another such only than then there here if as be been \
             being have has had do does did will would can could should may might must not no yes please thanks thank regards hello hi dear \
             sorry best sincerely kind one two three four five time day week month year work works day's way people make made get got give gave go goes went come \
             know think see look want use used find tell ask try need call called sent send also very just still already soon later today \
             tomorrow yesterday everyone everything nothing something anyone someone account access available link page site website server \
             portal system support team help service problem issue question customer company office phone name date number address \
             subject message reply attachment file document first last next good bad great right left high low long short small large \
             valid provided shared stored saved typed entered submitted updated created weak strong secure unsafe easy hard simple \
             complex important ready done over under again back away always never often really maybe perhaps",
    changes: "change changed changing set setting reset updated update make made switched switch renamed",
    to: "to into",
    owns: "my our your the a his her their new old current temporary initial default main first second admin root user wifi wi-fi login account \
          same actual correct real master email mail still now",
    r#as: "as",
    users: "user username user-name userid user-id login id account email e-mail uid usr name root logon accounts member",
    and: "and & + or",
};
