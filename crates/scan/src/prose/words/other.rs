//! Hungarian, Turkish, Greek, Vietnamese, Indonesian with Malay, Arabic and Hebrew.

use super::Language;

pub(super) const HU: Language = Language {
    keywords: "jelszó jelszava jelszavam jelszavát jelszót jelszavunk",
    copulas: "volt lett",
    own_copulas: "",
    adverbs: "most még mindig jelenleg következő: következő ez: továbbra is",
    bridges: "a az ehhez (új) (ideiglenes) új ideiglenes",
    followers: "elfelejtettem elfelejtett lejárt hibás helytelen nem működik kell lehet és vagy de mert karakter legalább mező kötelező visszaállítása",
    negations: "elfelejtettem elfelejtett elveszett rossz hibás helytelen nélkül nincs lejárt",
    empties: "kötelező üres ismeretlen nincs lásd ugyanaz módosítva hibás helytelen lejárt rejtett opcionális külön elfelejtett helyes",
    common: "és vagy de én te ő mi ti ők az a egy van volt nem igen még is nagyon ki mi hol mikor hogyan miért minden köszönöm szia üdvözlettel itt ott \
             most ma holnap tegnap mindig soha fiók szerver ügyfél kérdés probléma",
    changes: "megváltoztattam módosítottam átállítottam beállítottam változott",
    to: "",
    owns: "a az új régi",
    r#as: "",
    users: "felhasználó felhasználónév",
    and: "és",
};

pub(super) const TR: Language = Language {
    keywords: "şifre sifre şifrem şifreniz şifresi parola parolam parolanız parolası",
    copulas: "olarak artık",
    own_copulas: "",
    adverbs: "şimdi hala hâlâ şu şudur: şöyle: geçici artık",
    bridges: "için (yeni) (geçici)",
    followers: "unuttum unutuldu sıfırlama sıfırla yanlış hatalı geçersiz süresi çalışmıyor gerekli ve veya ama çünkü karakter alanı değiştir değil \
                en olmalı en",
    negations: "unuttum yanlış hatalı geçersiz olmadan yok kayıp",
    empties: "gerekli zorunlu boş bilinmiyor yok bkz aynı değişti yanlış geçersiz gizli isteğe ayrı unutuldu doğru",
    common: "ve veya ama ben sen o biz siz onlar bu şu bir var yok değil evet hayır daha da çok ne kim nerede nasıl neden her teşekkürler merhaba selam \
             saygılar burada şimdi bugün yarın dün hesap sunucu müşteri soru sorun",
    changes: "değiştirdim değiştirildi ayarladım ayarlandı",
    to: "",
    owns: "benim yeni eski",
    r#as: "",
    users: "kullanıcı kullanıcıadı adı",
    and: "ve",
};

pub(super) const EL: Language = Language {
    keywords: "κωδικός κωδικό κωδικοί συνθηματικό πρόσβασης",
    copulas: "είναι ήταν θα",
    own_copulas: "",
    adverbs: "τώρα ακόμα πάντα απλά ο εξής: εξής το",
    bridges: "για του της στο στη μου μας σας πρόσβασης (νέος) που",
    followers: "ξεχάστηκε δεν έληξε λάθος πρέπει μπορεί και ή αλλά γιατί χαρακτήρες επαναφορά απαιτείται",
    negations: "ξέχασα λάθος χωρίς κανένας έχασα άκυρος",
    empties: "απαιτείται υποχρεωτικό κενό άγνωστο κανένας δείτε ίδιος άλλαξε λάθος έληξε κρυφό προαιρετικό σωστός",
    common: "και ή αλλά εγώ εσύ αυτός εμείς είναι ήταν δεν ναι όχι πολύ με για από σε στο που ποιος πότε πώς όλα ευχαριστώ γεια εδώ τώρα σήμερα \
             αύριο χθες πάντα λογαριασμός",
    changes: "άλλαξα άλλαξε ορίστηκε",
    to: "σε",
    owns: "ο μου νέος παλιός",
    r#as: "ως",
    users: "χρήστης χρήστη όνομα",
    and: "και",
};

pub(super) const VI: Language = Language {
    keywords: "khẩu",
    copulas: "là",
    own_copulas: "",
    adverbs: "hiện bây giờ vẫn mới sau:",
    bridges: "của cho wifi mới tạm (mới) tôi đăng nhập",
    followers: "quên sai hết không phải có và hoặc nhưng vì ký đặt bị cần",
    negations: "quên sai mất không",
    empties: "bắt trống không xem sai ẩn",
    common: "và hoặc nhưng tôi bạn là không có của cho này đó cảm xin chào bây hôm",
    changes: "đổi đặt thay",
    to: "thành",
    owns: "mật của",
    r#as: "làm",
    users: "nhập tài khoản",
    and: "và",
};

pub(super) const ID: Language = Language {
    keywords: "sandi laluan",
    copulas: "adalah ialah yaitu",
    own_copulas: "",
    adverbs: "sekarang masih saat ini tetap berikut:",
    bridges: "untuk dari di saya anda (baru) baru sementara wifi",
    followers: "lupa salah kedaluwarsa tidak harus bisa dan atau tetapi karena karakter minimal wajib atur",
    negations: "lupa salah tanpa tidak hilang",
    empties: "wajib kosong tidak lihat sama diubah salah tersembunyi opsional diperlukan",
    common: "dan atau tetapi saya anda dia kami mereka ini itu adalah tidak ya juga sangat dengan untuk dari di ke yang apa siapa kapan semua terima \
             kasih halo salam sekarang hari besok kemarin akun",
    changes: "ubah diubah mengubah ganti diganti atur",
    to: "menjadi ke",
    owns: "kata saya baru",
    r#as: "sebagai",
    users: "pengguna nama",
    and: "dan",
};

pub(super) const AR: Language = Language {
    keywords: "المرور السر مرور سر السرية",
    copulas: "هي هو كانت",
    own_copulas: "",
    adverbs: "الآن ما زالت الجديدة التالية:",
    bridges: "الخاصة الخاص بي للحساب لملف لحسابي الجديدة المؤقتة للبوابة",
    followers: "لا غير خاطئة منتهية يجب نسيت مطلوبة إعادة تعيين",
    negations: "نسيت خاطئة بدون لا فقدت غير إعادة تعيين",
    empties: "مطلوبة فارغة غير لا نفسها خاطئة مخفية اختياري",
    common: "و أو لكن أنا أنت هو هي نحن من إلى في على عن هذا هذه شكرا مرحبا الآن اليوم",
    changes: "غيرت تغيير تم",
    to: "إلى",
    owns: "كلمة",
    r#as: "ك",
    users: "المستخدم اسم",
    and: "و",
};

pub(super) const HE: Language = Language {
    keywords: "סיסמה הסיסמה סיסמא הסיסמא סיסמתי",
    copulas: "היא הוא הייתה זה",
    own_copulas: "",
    adverbs: "עכשיו עדיין כרגע תמיד",
    bridges: "שלי של לפורטל לקובץ לחשבון החדשה הזמנית חדשה ל",
    followers: "לא שגויה פגה חייבת נשכחה אינה איפוס",
    negations: "שכחתי שגויה בלי ללא איבדתי",
    empties: "חובה ריק לא ראה אותה שגויה מוסתר אופציונלי נדרשת",
    common: "ו או אבל אני אתה הוא היא אנחנו של על עם את זה תודה שלום כאן עכשיו היום",
    changes: "שיניתי שונתה",
    to: "ל",
    owns: "שלי",
    r#as: "",
    users: "משתמש שם",
    and: "ו",
};
