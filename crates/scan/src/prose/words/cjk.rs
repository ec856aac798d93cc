//! Japanese, Chinese, Korean and Thai. They are written without spaces or join their particles: the grammar reads what
//! stands between the keyword and the next Latin letter or digit by itself, so little is needed here.

use super::Language;

const NONE: Language = Language {
    keywords: "",
    copulas: "",
    own_copulas: "",
    adverbs: "",
    bridges: "",
    followers: "",
    negations: "",
    empties: "",
    common: "",
    changes: "",
    to: "",
    owns: "",
    r#as: "",
    users: "",
    and: "",
};

pub(super) const JA: Language = Language {
    keywords: "パスワード 暗証番号 認証コード",
    empties: "なし 必須 不明",
    users: "ユーザー名 ユーザー",
    ..NONE
};
pub(super) const ZH: Language = Language {
    keywords: "密码 密碼 口令 验证码 驗證碼",
    empties: "无 必填 未知",
    users: "用户名 帐号 账号 帳號",
    ..NONE
};
pub(super) const KO: Language = Language {
    keywords: "비밀번호 비밀번호는 비밀번호가 암호 암호는 인증번호",
    copulas: "는 은",
    empties: "없음 필수",
    users: "아이디 사용자",
    ..NONE
};
pub(super) const TH: Language = Language {
    keywords: "รหัสผ่าน", copulas: "คือ", empties: "ไม่มี จำเป็น", ..NONE
};

/// What follows the keyword when no value does: lost, wrong, reset, forgotten, must, expired.
pub(in crate::prose) const NO_VALUE: &[&str] = &[
    "忘",
    "错",
    "錯",
    "重置",
    "重設",
    "重设",
    "过期",
    "過期",
    "必须",
    "必須",
    "不正",
    "再設定",
    "リセット",
    "間違",
    "違い",
    "期限",
    "以上",
    "잊",
    "틀",
    "재설정",
    "만료",
    "오류",
    "최소",
    "이상",
    "ลืม",
    "ผิด",
    "长度",
    "至少",
    "不能",
    "失效",
    "ポリシー",
    "管理",
];
