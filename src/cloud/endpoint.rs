//! Where a signed call may go: the host rules and the address rules. Pure; the resolver hook that
//! applies the address rules while connecting is in `http`.
//!
//! A refusal is a text without any of the refused input, fit for status.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::types::Product;

/// Host name suffixes of the public clouds.
const PUBLIC_SUFFIXES: [&str; 3] = ["aliyuncs.com", "volcengineapi.com", "volcengine-api.com"];

/// Metadata servers that hand out the node's credentials: Alibaba Cloud and Volcengine.
const METADATA: [Ipv4Addr; 2] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(100, 96, 0, 96),
];

/// Regions of EDAS that share the host of another region (Alibaba Cloud endpoint list of EDAS).
const EDAS_SHARED: [&str; 6] = [
    "ap-southeast-3",
    "ap-southeast-5",
    "ap-south-1",
    "eu-west-1",
    "me-east-1",
    "us-west-1",
];

/// Regions of EDAS that are served by its central host, besides those for banks and governments.
const EDAS_CENTRAL: [&str; 2] = ["cn-chengdu", "cn-huhehaote"];

/// The public endpoint of a product in a region: `https://host`, without a trailing slash.
///
/// SAE has one host per region and no central one; EDAS has one for most regions. Volcengine has
/// both; the one of the region is taken, since some regions are not behind the central one. The
/// region is checked here too, so that it cannot break out of the host name, whoever calls.
pub fn default_endpoint(product: Product, region: &str) -> Result<String, &'static str> {
    if !is_label(region) {
        return Err("the region is not a region id such as cn-hangzhou");
    }
    match product {
        Product::Sae => Ok(format!("https://sae.{region}.aliyuncs.com")),
        Product::Edas => Ok(edas_endpoint(region)),
        Product::Volcengine => Ok(format!("https://ecs.{region}.volcengineapi.com")),
    }
}

fn edas_endpoint(region: &str) -> String {
    // Region ids of these clouds: cn-hangzhou-finance, cn-shanghai-finance-1, cn-north-2-gov-1.
    let is_special = region
        .split('-')
        .any(|part| ["finance", "gov"].contains(&part));
    if is_special || EDAS_CENTRAL.contains(&region) {
        "https://edas.aliyuncs.com".to_owned()
    } else if EDAS_SHARED.contains(&region) {
        "https://edas.ap-northeast-1.aliyuncs.com".to_owned()
    } else {
        format!("https://edas.{region}.aliyuncs.com")
    }
}

/// Checks an endpoint that an administrator set, and returns it as it is to be used: lower case,
/// without a default port and without a trailing slash.
///
/// Allowed is `https://host[:port]` with a host name of a public cloud or below one of
/// `private_suffixes` (a flag of the operator for private clouds). With `development` any host
/// name and any dotted IPv4 address is allowed, also by `http`.
pub fn check_endpoint(
    url: &str,
    development: bool,
    private_suffixes: &[String],
) -> Result<String, &'static str> {
    let url = url.to_ascii_lowercase();
    let (scheme, authority) = url.split_once("://").ok_or("the endpoint has no scheme")?;
    let default_port = match scheme {
        "https" => 443,
        "http" if development => 80,
        "http" => return Err("the endpoint must use https"),
        _ => return Err("the scheme of the endpoint is not https"),
    };
    let (host, port) = split_port(authority)?;
    check_host(host, development, private_suffixes)?;
    Ok(match port {
        // The client leaves a default port out of the host header, and the host is signed.
        Some(port) if port != default_port => format!("{scheme}://{host}:{port}"),
        _ => format!("{scheme}://{host}"),
    })
}

/// Checks a domain below which endpoints of private clouds may lie, and returns it in lower case and
/// without a leading dot.
///
/// It has two labels at least: one alone, such as `com`, would let signed calls go almost anywhere.
pub fn check_suffix(domain: &str) -> Result<String, &'static str> {
    let domain = domain.to_ascii_lowercase();
    let domain = domain.strip_prefix('.').unwrap_or(&domain);
    let labels = domain.split('.').count();
    if labels < 2 || domain.len() > 253 || !domain.split('.').all(is_label) || is_numeric(domain) {
        return Err(
            "not a domain such as cloud.example.com: two or more names of a-z, 0-9 and -, with dots \
             between them",
        );
    }
    Ok(domain.to_owned())
}

/// Whether a connection may be made to this address. Refused are loopback, link-local,
/// unspecified, broadcast and multicast addresses and the metadata servers, also when they are
/// wrapped in an IPv6 address. Private ranges are allowed: VPC endpoints live there.
#[must_use]
pub fn is_address_allowed(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_v4_allowed(v4),
        IpAddr::V6(v6) => embedded_v4(v6).map_or_else(|| is_v6_allowed(v6), is_v4_allowed),
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), &'static str> {
    let Some((host, port)) = authority.split_once(':') else {
        return Ok((authority, None));
    };
    match port.parse::<u16>() {
        Ok(port) if port > 0 => Ok((host, Some(port))),
        _ => Err("the port of the endpoint is not a number from 1 to 65535"),
    }
}

fn check_host(host: &str, development: bool, private: &[String]) -> Result<(), &'static str> {
    // This refuses userinfo, paths, queries, fragments, blanks, escapes, brackets, a trailing dot
    // and everything that is not ASCII.
    if host.len() > 253 || !host.split('.').all(is_label) {
        return Err("the endpoint is not a scheme, a host name and at most a port");
    }
    if is_numeric(host) {
        let dotted = host.parse::<Ipv4Addr>().is_ok();
        return if development && dotted {
            Ok(())
        } else {
            Err("the endpoint must have a host name, not an address")
        };
    }
    let listed = PUBLIC_SUFFIXES.iter().any(|suffix| is_below(host, suffix))
        || private
            .iter()
            .any(|suffix| is_below(host, &suffix.to_ascii_lowercase()));
    if development || listed {
        Ok(())
    } else {
        Err("the host of the endpoint is not below an allowed domain")
    }
}

// A label of a host name, in lower case. Punycode is refused: no cloud needs it, and it is how a
// look-alike name is written.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
        && !label.starts_with("xn--")
}

// URL parsers read a host whose last label is a number as an IPv4 address, in any base.
fn is_numeric(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    last.bytes().all(|b| b.is_ascii_digit())
        || last
            .strip_prefix("0x")
            .is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

// At a label boundary: `evilaliyuncs.com` is not below `aliyuncs.com`.
fn is_below(host: &str, suffix: &str) -> bool {
    let suffix = suffix.trim_start_matches('.');
    !suffix.is_empty()
        && host
            .strip_suffix(suffix)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn is_v4_allowed(v4: Ipv4Addr) -> bool {
    let refused = v4.octets()[0] == 0
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_multicast()
        || v4.is_broadcast()
        || METADATA.contains(&v4);
    !refused
}

fn is_v6_allowed(v6: Ipv6Addr) -> bool {
    let refused =
        v6.is_unspecified() || v6.is_loopback() || v6.is_multicast() || v6.is_unicast_link_local();
    !refused
}

// IPv4-mapped (::ffff:a.b.c.d), NAT64 (64:ff9b::a.b.c.d) and 6to4 (2002:aabb:ccdd::) addresses.
fn embedded_v4(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = v6.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match s {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(v4(high, low))
        }
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn private() -> Vec<String> {
        vec![".Cloud.Example.com".into(), String::new(), ".".into()]
    }

    #[test]
    fn each_region_has_hosts_of_its_own() {
        assert_eq!(
            default_endpoint(Product::Sae, "cn-hangzhou").unwrap(),
            "https://sae.cn-hangzhou.aliyuncs.com"
        );
        assert_eq!(
            default_endpoint(Product::Volcengine, "cn-beijing").unwrap(),
            "https://ecs.cn-beijing.volcengineapi.com"
        );
        for region in ["", "a.b", "evil.example/", "x@y", "-a", "CN", "a b", "a%2e"] {
            assert!(default_endpoint(Product::Sae, region).is_err(), "{region}");
        }
    }

    #[test]
    fn edas_has_a_host_of_its_own_in_most_regions() {
        for (region, host) in [
            ("cn-beijing", "edas.cn-beijing.aliyuncs.com"),
            ("cn-qingdao", "edas.cn-qingdao.aliyuncs.com"),
            ("cn-shenzhen", "edas.cn-shenzhen.aliyuncs.com"),
            ("cn-hangzhou", "edas.cn-hangzhou.aliyuncs.com"),
            ("cn-shanghai", "edas.cn-shanghai.aliyuncs.com"),
            ("cn-zhangjiakou", "edas.cn-zhangjiakou.aliyuncs.com"),
            ("cn-hongkong", "edas.cn-hongkong.aliyuncs.com"),
            ("ap-southeast-1", "edas.ap-southeast-1.aliyuncs.com"),
            ("ap-northeast-1", "edas.ap-northeast-1.aliyuncs.com"),
            ("eu-central-1", "edas.eu-central-1.aliyuncs.com"),
            ("us-east-1", "edas.us-east-1.aliyuncs.com"),
            ("cn-chengdu", "edas.aliyuncs.com"),
            ("cn-huhehaote", "edas.aliyuncs.com"),
            ("cn-hangzhou-finance", "edas.aliyuncs.com"),
            ("cn-shanghai-finance-1", "edas.aliyuncs.com"),
            ("cn-north-2-gov-1", "edas.aliyuncs.com"),
            ("ap-southeast-3", "edas.ap-northeast-1.aliyuncs.com"),
            ("ap-southeast-5", "edas.ap-northeast-1.aliyuncs.com"),
            ("ap-south-1", "edas.ap-northeast-1.aliyuncs.com"),
            ("eu-west-1", "edas.ap-northeast-1.aliyuncs.com"),
            ("me-east-1", "edas.ap-northeast-1.aliyuncs.com"),
            ("us-west-1", "edas.ap-northeast-1.aliyuncs.com"),
        ] {
            assert_eq!(
                default_endpoint(Product::Edas, region),
                Ok(format!("https://{host}"))
            );
        }
        assert!(default_endpoint(Product::Edas, "finance.evil").is_err());
    }

    #[test]
    fn allowed_endpoints_come_back_in_the_form_that_is_signed() {
        for (given, used) in [
            (
                "https://sae-vpc.cn-hangzhou.aliyuncs.com",
                "https://sae-vpc.cn-hangzhou.aliyuncs.com",
            ),
            (
                "HTTPS://SAE.cn-hangzhou.ALIYUNCS.com",
                "https://sae.cn-hangzhou.aliyuncs.com",
            ),
            ("https://sae.aliyuncs.com:443", "https://sae.aliyuncs.com"),
            (
                "https://sae.aliyuncs.com:8443",
                "https://sae.aliyuncs.com:8443",
            ),
            (
                "https://open.volcengineapi.com",
                "https://open.volcengineapi.com",
            ),
            (
                "https://ecs.cn-beijing.volcengine-api.com",
                "https://ecs.cn-beijing.volcengine-api.com",
            ),
            (
                "https://sae.cloud.example.com",
                "https://sae.cloud.example.com",
            ),
            ("https://cloud.example.com", "https://cloud.example.com"),
        ] {
            assert_eq!(
                check_endpoint(given, false, &private()).as_deref(),
                Ok(used),
                "{given}"
            );
        }
    }

    #[test]
    fn tricks_with_the_host_name_are_refused() {
        for url in [
            "",
            "sae.aliyuncs.com",
            "http://sae.aliyuncs.com",
            "ftp://sae.aliyuncs.com",
            "https://",
            "https://evilaliyuncs.com",
            "https://aliyuncs.com.evil.example",
            "https://aliyuncs.com@evil.example",
            "https://evil.example#.aliyuncs.com",
            "https://evil.example/.aliyuncs.com",
            "https://evil.example?.aliyuncs.com",
            "https://evil.example\\.aliyuncs.com",
            "https://evil.example%2f.aliyuncs.com",
            "https://sae.aliyuncs.com/",
            "https://sae.aliyuncs.com.",
            "https://sae..aliyuncs.com",
            "https://.aliyuncs.com",
            "https://-.aliyuncs.com",
            "https://sae.aliyuncs.com:",
            "https://sae.aliyuncs.com:0",
            "https://sae.aliyuncs.com:65536",
            "https://sae.aliyuncs.com:443:443",
            "https://user:secret@sae.aliyuncs.com",
            "https://xn--liyuncs-8nf.com",
            "https://xn--liyuncs-8nf.aliyuncs.com",
            "https://s\u{430}e.\u{430}liyuncs.com",
            "https://evil\n.aliyuncs.com",
            "https://example.com",
            "https://cloud.example.com.evil.example",
            "https://notcloud.example.com",
        ] {
            assert!(check_endpoint(url, false, &private()).is_err(), "{url}");
        }
    }

    #[test]
    fn a_private_domain_is_a_domain_and_no_pattern() {
        for (given, used) in [
            ("cloud.example.com", "cloud.example.com"),
            (".Cloud.Example.COM", "cloud.example.com"),
            ("sae-1.internal", "sae-1.internal"),
        ] {
            assert_eq!(check_suffix(given).as_deref(), Ok(used), "{given}");
        }
        let long = format!("{}.example", "a.".repeat(130));
        for given in [
            "",
            ".",
            "..",
            "com",
            ".com",
            "*",
            "*.example.com",
            "..example.com",
            "example.com.",
            "https://example.com",
            "example.com/",
            "example.com:443",
            "user@example.com",
            "a_b.example",
            "-a.example",
            "xn--liyuncs-8nf.com",
            "10.0.0.1",
            "example.0x7f",
            "a b.c",
            "a.example,b.example",
            "ex\u{e4}mple.com",
            &long,
        ] {
            assert!(check_suffix(given).is_err(), "{given}");
        }
    }

    #[test]
    fn addresses_are_no_host_names_in_any_notation() {
        for host in [
            "127.0.0.1",
            "100.100.100.200",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "[::1]",
            "1.0x",
        ] {
            assert!(
                check_endpoint(&format!("https://{host}"), false, &private()).is_err(),
                "{host}"
            );
        }
    }

    #[test]
    fn the_development_switch_opens_http_any_host_and_dotted_addresses() {
        assert_eq!(
            check_endpoint("http://127.0.0.1:8080", true, &[]).as_deref(),
            Ok("http://127.0.0.1:8080")
        );
        assert_eq!(
            check_endpoint("http://LocalHost:80", true, &[]).as_deref(),
            Ok("http://localhost")
        );
        assert_eq!(
            check_endpoint("https://cloudsim", true, &[]).as_deref(),
            Ok("https://cloudsim")
        );
        for url in [
            "http://0x7f.1",
            "http://2130706433",
            "http://a@b",
            "http://a/b",
            "file://a",
        ] {
            assert!(check_endpoint(url, true, &[]).is_err(), "{url}");
        }
    }

    #[test]
    fn the_operators_own_network_and_metadata_servers_are_out_of_reach() {
        for address in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "224.0.0.1",
            "255.255.255.255",
            "100.100.100.200",
            "100.96.0.96",
            "::",
            "::1",
            "fe80::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:100.100.100.200",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
        ] {
            assert!(!is_address_allowed(address.parse().unwrap()), "{address}");
        }
        for address in [
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "100.100.100.201",
            "47.88.1.1",
            "2408:4000::1",
        ] {
            assert!(is_address_allowed(address.parse().unwrap()), "{address}");
        }
    }

    proptest! {
        #[test]
        fn what_is_allowed_is_read_by_the_client_as_the_same_host(url in "https?://[a-zA-Z0-9.:/@?#x%_-]{1,40}") {
            for development in [false, true] {
                if let Ok(used) = check_endpoint(&url, development, &private()) {
                    let parsed = reqwest::Url::parse(&used).unwrap();
                    prop_assert_eq!(parsed.path(), "/");
                    let read = match parsed.port() {
                        Some(port) => format!("{}://{}:{port}", parsed.scheme(), parsed.host_str().unwrap()),
                        None => format!("{}://{}", parsed.scheme(), parsed.host_str().unwrap()),
                    };
                    prop_assert_eq!(&read, &used);
                    let public = PUBLIC_SUFFIXES.iter().any(|suffix| is_below(parsed.host_str().unwrap(), suffix));
                    prop_assert!(development || public || used.contains("cloud.example.com"));
                }
            }
        }
    }
}
