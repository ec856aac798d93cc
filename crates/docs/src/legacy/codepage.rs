//! Code pages by their Windows number: what browsers know, and the DOS ones that only old files use.

use encoding_rs as web;

/// A charset of octets.
#[derive(Clone, Copy)]
pub(crate) enum Charset {
    /// One that the web knows.
    Web(&'static web::Encoding),
    /// Upper half of a DOS code page.
    Dos(&'static str),
}

impl Charset {
    /// Windows-1252, which stands for everything that says nothing.
    pub(crate) const LATIN: Charset = Charset::Web(web::WINDOWS_1252);

    /// By number of the code page; Windows-1252 for an unknown one.
    pub(crate) fn of_page(page: u32) -> Charset {
        if let Some((_, upper)) = DOS.iter().find(|(number, _)| *number == page) {
            return Charset::Dos(upper);
        }
        Charset::Web(match page {
            866 => web::IBM866,
            874 => web::WINDOWS_874,
            932 => web::SHIFT_JIS,
            936 | 20936 => web::GBK,
            949 | 1361 => web::EUC_KR,
            950 => web::BIG5,
            1250 => web::WINDOWS_1250,
            1251 => web::WINDOWS_1251,
            1253 => web::WINDOWS_1253,
            1254 => web::WINDOWS_1254,
            1255 => web::WINDOWS_1255,
            1256 => web::WINDOWS_1256,
            1257 => web::WINDOWS_1257,
            1258 => web::WINDOWS_1258,
            10000 => web::MACINTOSH,
            10001 => web::SHIFT_JIS,
            10002 => web::BIG5,
            10003 => web::EUC_KR,
            10007 => web::X_MAC_CYRILLIC,
            10008 => web::GBK,
            20866 => web::KOI8_R,
            21866 => web::KOI8_U,
            28592 => web::ISO_8859_2,
            28593 => web::ISO_8859_3,
            28594 => web::ISO_8859_4,
            28595 => web::ISO_8859_5,
            28596 => web::ISO_8859_6,
            28597 => web::ISO_8859_7,
            28598 | 38598 => web::ISO_8859_8,
            28599 => web::WINDOWS_1254,
            28603 => web::ISO_8859_13,
            28605 => web::ISO_8859_15,
            50220..=50222 => web::ISO_2022_JP,
            51932 => web::EUC_JP,
            51949 => web::EUC_KR,
            54936 => web::GB18030,
            65001 => web::UTF_8,
            _ => web::WINDOWS_1252,
        })
    }

    /// By the number of a charset in a font (`\fcharset`, LOGFONT); `None` if it says nothing of its own.
    pub(crate) fn of_font(charset: u32) -> Option<Charset> {
        let page = match charset {
            0 | 2 => 1252,
            77 => 10000,
            78 => 10001,
            79 => 10003,
            80 => 10008,
            81 => 10002,
            128 => 932,
            129 | 130 => 949,
            134 => 936,
            136 => 950,
            161 => 1253,
            162 => 1254,
            163 => 1258,
            177 | 181 => 1255,
            178..=180 => 1256,
            186 => 1257,
            204 => 1251,
            222 => 874,
            238 => 1250,
            254 => 437,
            255 => 850,
            _ => return None,
        };
        Some(Charset::of_page(page))
    }

    /// By the language of a text (LCID), as its Windows has it.
    pub(crate) fn of_language(lcid: u16) -> Charset {
        Charset::of_page(match lcid & 0x3ff {
            0x01 | 0x20 | 0x29 => 1256,
            0x02 | 0x19 | 0x22 | 0x23 | 0x2f => 1251,
            0x04 if matches!(lcid, 0x0404 | 0x0c04 | 0x1404) => 950,
            0x04 => 936,
            0x05 | 0x0e | 0x15 | 0x18 | 0x1b | 0x1c | 0x24 => 1250,
            0x1a if lcid == 0x0c1a => 1251,
            0x1a => 1250,
            0x08 => 1253,
            0x0d => 1255,
            0x11 => 932,
            0x12 => 949,
            0x1e => 874,
            0x1f => 1254,
            0x25..=0x27 => 1257,
            0x2a => 1258,
            _ => 1252,
        })
    }

    /// Decodes; what is none of the charset becomes U+FFFD.
    pub(crate) fn decode(self, octets: &[u8]) -> String {
        match self {
            Charset::Web(encoding) => encoding.decode_without_bom_handling(octets).0.into_owned(),
            Charset::Dos(upper) => octets.iter().map(|b| dos(upper, *b)).collect(),
        }
    }

    /// How many octets the character takes that begins with this one.
    pub(crate) fn length(self, first: u8) -> usize {
        let Charset::Web(encoding) = self else { return 1 };
        match first {
            0..=0x80 | 0xff => 1,
            0xa0..=0xdf if encoding == web::SHIFT_JIS => 1,
            _ if [web::SHIFT_JIS, web::GBK, web::BIG5, web::EUC_KR, web::EUC_JP].contains(&encoding) => 2,
            0xc2..=0xdf if encoding == web::UTF_8 => 2,
            0xe0..=0xef if encoding == web::UTF_8 => 3,
            0xf0..=0xf4 if encoding == web::UTF_8 => 4,
            _ => 1,
        }
    }
}

fn dos(upper: &str, octet: u8) -> char {
    match octet.checked_sub(0x80) {
        None => char::from(octet),
        Some(nth) => upper.chars().nth(usize::from(nth)).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

/// The upper halves (Unicode Consortium, `VENDORS/MICSFT/PC`).
#[rustfmt::skip]
const DOS: [(u32, &str); 12] = [
    (437, "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}"),
    (737, "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρσςτυφχψ░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀ωάέήϊίόύϋώΆΈΉΊΌΎΏ±≥≤ΪΫ÷≈°∙·√ⁿ²■\u{a0}"),
    (775, "ĆüéāäģåćłēŖŗīŹÄÅÉæÆōöĢ¢ŚśÖÜø£Ø×¤ĀĪóŻżź”¦©®¬½¼Ł«»░▒▓│┤ĄČĘĖ╣║╗╝ĮŠ┐└┴┬├─┼ŲŪ╚╔╩╦╠═╬Žąčęėįšųūž┘┌█▄▌▐▀ÓßŌŃõÕµńĶķĻļņĒŅ’\u{ad}±“¾¶§÷„°∙·¹³²■\u{a0}"),
    (850, "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}"),
    (852, "ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐└┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u{ad}˝˛ˇ˘§÷¸°¨˙űŘř■\u{a0}"),
    (855, "ђЂѓЃёЁєЄѕЅіІїЇјЈљЉњЊћЋќЌўЎџЏюЮъЪаАбБцЦдДеЕфФгГ«»░▒▓│┤хХиИ╣║╗╝йЙ┐└┴┬├─┼кК╚╔╩╦╠═╬¤лЛмМнНоОп┘┌█▄Пя▀ЯрРсСтТуУжЖвВьЬ№\u{ad}ыЫзЗшШэЭщЩчЧ§■\u{a0}"),
    (857, "ÇüéâäàåçêëèïîıÄÅÉæÆôöòûùİÖÜø£ØŞşáíóúñÑĞğ¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ºªÊËÈ�ÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµ�×ÚÛÙìÿ¯´\u{ad}±�¾¶§÷¸°¨·¹³²■\u{a0}"),
    (860, "ÇüéâãàÁçêÊèÍÔìÃÂÉÀÈôõòÚùÌÕÜ¢£Ù₧ÓáíóúñÑªº¿Ò¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}"),
    (861, "ÇüéâäàåçêëèÐðÞÄÅÉæÆôöþûÝýÖÜø£Ø₧ƒáíóúÁÍÓÚ¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}"),
    (862, "אבגדהוזחטיךכלםמןנסעףפץצקרשת¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}"),
    (863, "ÇüéâÂà¶çêëèïî‗À§ÉÈÊôËÏûù¤ÔÜ¢£ÙÛƒ¦´óú¨¸³¯Î⌐¬½¼¾«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}"),
    (865, "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø₧ƒáíóúñÑªº¿⌐¬½¼¡«¤░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_decode() {
        let cases: [(u32, &[u8], &str); 8] = [
            (437, b"\x81\xe1", "üß"),
            (850, b"\x9b", "ø"),
            (852, b"\xa9", "ę"),
            (866, b"\x8f", "П"),
            (932, b"\x83\x65", "テ"),
            (1251, b"\xcf", "П"),
            (65001, "П".as_bytes(), "П"),
            (7, b"\x80", "€"),
        ];
        for (page, octets, want) in cases {
            assert_eq!(Charset::of_page(page).decode(octets), want, "{page}");
        }
        assert_eq!(Charset::of_page(932).length(0x83), 2);
        assert_eq!(Charset::of_page(932).length(0xb1), 1);
        assert_eq!(Charset::of_page(1252).length(0xe9), 1);
        for (_, upper) in DOS {
            assert_eq!(upper.chars().count(), 128);
        }
    }
}
