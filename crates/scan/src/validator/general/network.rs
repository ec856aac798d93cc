//! Numbers of machines: IP addresses (RFC 791, RFC 4291), hardware addresses (IEEE 802), SIM cards (ITU-T E.118).

use super::{digits, luhn};
use std::net::{Ipv4Addr, Ipv6Addr};

/// An address of the internet.
pub(super) fn ipv4_public(value: &str) -> bool {
    ipv4(value).is_some_and(|a| !is_special(a))
}

/// An address that names no machine of the internet: private (RFC 1918), for examples (RFC 5737), loopback and so on.
pub(super) fn ipv4_private(value: &str) -> bool {
    ipv4(value).is_some_and(is_special)
}

fn is_special(a: Ipv4Addr) -> bool {
    let [first, second, ..] = a.octets();
    a.is_private()
        || a.is_loopback()
        || a.is_link_local()
        || a.is_broadcast()
        || a.is_documentation()
        || a.is_multicast()
        || first == 0
        || first == 100 && (64..128).contains(&second)
        || first >= 240
}

/// Without its prefix length.
fn host(value: &str, bits_max: u8) -> Option<&str> {
    match value.split_once('/') {
        Some((host, bits)) => bits.parse::<u8>().is_ok_and(|b| b <= bits_max).then_some(host),
        None => Some(value),
    }
}

fn ipv4(value: &str) -> Option<Ipv4Addr> {
    host(value, 32)?.parse().ok()
}

/// Any IPv6 address with a digit in it: colons alone join names in programs and parts of times.
pub(super) fn ipv6(value: &str) -> bool {
    let Some(host) = host(value, 128) else { return false };
    let host = host.split('%').next().unwrap_or_default();
    host.bytes().any(|b| b.is_ascii_digit()) && host.parse::<Ipv6Addr>().is_ok()
}

/// Six or eight octets with one kind of separator, not all alike.
pub(super) fn mac(value: &str) -> bool {
    let nibbles: Vec<u8> = value.bytes().filter(u8::is_ascii_hexdigit).collect();
    let separators: Vec<u8> = value.bytes().filter(|b| !b.is_ascii_hexdigit()).collect();
    matches!(nibbles.len(), 12 | 16)
        && separators.iter().all(|s| Some(s) == separators.first())
        && nibbles.iter().any(|n| Some(n) != nibbles.first())
}

/// Nineteen digits with Luhn's check or twenty; some networks leave the check digit out.
pub(super) fn iccid(canonical: &str) -> bool {
    let Some(all) = digits(canonical) else { return false };
    let head = canonical.get(..19).unwrap_or(canonical);
    canonical.starts_with("89") && (all.len() == 18 || luhn::check(canonical) || all.len() == 20 && luhn::check(head))
}

/// Latitude and longitude in degrees.
pub(super) fn coordinates(value: &str) -> bool {
    let number = |part: &str| {
        let kept: String = part.chars().filter(|c| c.is_ascii_digit() || matches!(c, '.' | '-')).collect();
        kept.parse::<f64>().ok()
    };
    let Some((lat, lon)) = value.split_once([',', ';']) else { return false };
    match (number(lat), number(lon)) {
        (Some(lat), Some(lon)) => lat.abs() <= 90.0 && lon.abs() <= 180.0 && (lat != 0.0 || lon != 0.0),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn internet_addresses() {
        for public in ["8.8.8.8", "133.1.2.3", "8.8.8.0/24", "100.63.0.1", "100.128.0.1", "239.255.255.255"] {
            let is_multicast = public.starts_with("239");
            assert_eq!(super::ipv4_public(public), !is_multicast, "{public}");
        }
        for private in ["10.1.2.3", "172.16.0.1", "0.0.0.0/0", "127.0.0.1", "169.254.1.1", "100.64.0.1", "192.0.2.1"] {
            assert!(super::ipv4_private(private) && !super::ipv4_public(private), "{private}");
        }
        for none in ["256.1.1.1", "1.2.3", "1.2.3.4.5", "1.2.3.04", "8.8.8.8/33", ""] {
            assert!(!super::ipv4_public(none) && !super::ipv4_private(none), "{none}");
        }
        for six in ["::1", "fe80::1%eth0/64", "2001:db8::/32", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8"] {
            assert!(super::ipv6(six), "{six}");
        }
        for none in ["::", "dad::bed", "1:2:3:4:5:6:7", "1::2::3", "::1/129", "12345::1", "::ffff:256.0.0.1"] {
            assert!(!super::ipv6(none), "{none}");
        }
    }

    #[test]
    fn machines_and_places() {
        for good in ["00:1B:22:3C:44:5F", "001b.223c.445f", "00-1B-22-3C-44-5F-00-01", "001b223c445f"] {
            assert!(super::mac(good), "{good}");
        }
        for bad in ["00:1B-22:3C-44:5F", "00:00:00:00:00:00", "00:1B:22:3C:44", ""] {
            assert!(!super::mac(bad), "{bad}");
        }
        assert!(super::iccid("8961025612345678906") && super::iccid("89610256123456789065"));
        assert!(!super::iccid("8961025612345678904") && !super::iccid("7961025612345678903"));
        assert!(super::coordinates("-37.8136, 144.9630") && super::coordinates("48.8583° N; 2.2944° E"));
        assert!(!super::coordinates("90.1000, 10.0000") && !super::coordinates("0.0000, 0.0000"));
        assert!(!super::coordinates("10.0000, 180.1000") && !super::coordinates("10.0000"));
    }
}
