//! Endpoints that an administrator writes, dates and waits that a cloud sends, texts of any origin.

use http::{HeaderMap, HeaderValue, header};
use restart_operator::cloud::{
    alibaba::gateway::retry_after,
    endpoint::{check_endpoint, default_endpoint},
    exchange::Reply,
    text::{clean, clean_to, cut},
    types::Product,
};

pub(crate) fn endpoints_times_and_cloud_texts(data: &[u8]) {
    endpoints(&String::from_utf8_lossy(data));
    headers(data);
    texts(&String::from_utf8_lossy(data));
}

fn endpoints(text: &str) {
    for development in [false, true] {
        let suffixes = ["corp.example".to_owned()];
        if let Ok(endpoint) = check_endpoint(text, development, &suffixes) {
            let again = check_endpoint(&endpoint, development, &suffixes);
            assert_eq!(again.as_deref(), Ok(endpoint.as_str()));
            let (scheme, rest) = endpoint.split_once("://").expect("a scheme");
            assert!(scheme == "https" || development && scheme == "http");
            let odd = |c: char| !(c.is_ascii_alphanumeric() || ".-:".contains(c));
            assert!(!rest.contains(odd), "{endpoint}");
        }
    }
    for product in [Product::Sae, Product::Edas, Product::Volcengine] {
        if let Ok(endpoint) = default_endpoint(product, text) {
            let checked = check_endpoint(&endpoint, false, &[]);
            assert_eq!(checked.as_deref(), Ok(endpoint.as_str()));
        }
    }
}

fn headers(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else {
        return;
    };
    let names = [header::DATE, header::RETRY_AFTER];
    let mut headers: HeaderMap = names
        .map(|name| (name, value.clone()))
        .into_iter()
        .collect();
    headers.insert("x-acs-retry-after", value);
    let hour = std::time::Duration::from_hours(1);
    assert!(retry_after(&headers).is_none_or(|wait| wait <= hour));
    let reply = Reply {
        status: 200,
        headers,
        body: Vec::new(),
    };
    let _ = reply.date();
}

fn texts(text: &str) {
    let cleaned = clean(text);
    super::check_text(&cleaned, 512);
    assert_eq!(
        clean(&cleaned),
        cleaned,
        "cleaning twice is not cleaning once"
    );
    for most in [0, 1, 7, 128] {
        super::check_text(&clean_to(text, most), most);
        assert!(text.starts_with(cut(text, most)) && cut(text, most).len() <= most);
    }
}
