//! Text that a cloud sent, made fit for status, events and logs. Pure.
//!
//! Cloud text is data of an untrusted origin: it may hold line breaks that forge a log line,
//! direction marks that make a terminal lie, or markup. Whatever shows cloud text to a person
//! passes it through [`clean`] first.

/// Bytes that a cleaned message may have.
pub const MESSAGE_BYTES: usize = 512;

/// Bytes that a cleaned code, id or name may have.
pub const NAME_BYTES: usize = 128;

/// One line of at most [`MESSAGE_BYTES`] bytes: no control characters, no markup, single spaces.
#[must_use]
pub fn clean(text: &str) -> String {
    clean_to(text, MESSAGE_BYTES)
}

/// As [`clean`], with another bound, in bytes.
#[must_use]
pub fn clean_to(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(max.min(text.len()));
    let mut chars = text.chars().map(printable).peekable();
    while let Some(next) = chars.next() {
        let next = match next {
            '<' if opens_tag(chars.peek().copied()) => {
                // Up to the next '>' or, if the tag was cut off, to the end.
                chars.by_ref().find(|inner| *inner == '>');
                ' '
            }
            other => other,
        };
        if next == ' ' && (out.is_empty() || out.ends_with(' ')) {
            continue;
        }
        if out.len() + next.len_utf8() > max {
            break;
        }
        out.push(next);
    }
    out.truncate(out.trim_end_matches([' ', '<']).len());
    out
}

/// The longest beginning of `text` that has at most `max` bytes and ends between characters.
#[must_use]
pub fn cut(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

// A '<' before a blank or a digit is "less than"; anything else could be read as markup, a second
// '<' included, since what remains after its tag is gone could form a new tag.
fn opens_tag(next: Option<char>) -> bool {
    next.is_some_and(|next| !(next == ' ' || next == '=' || next.is_ascii_digit()))
}

// Controls, line and paragraph separators, and characters that are invisible or turn the direction
// of writing. A blank takes their place, so that removing one cannot join what it separated.
fn printable(char: char) -> char {
    let hidden = char.is_control()
        || char.is_whitespace()
        || matches!(char,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}');
    if hidden { ' ' } else { char }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_text_stays_as_it_is() {
        for text in [
            "",
            "batch 3 failed",
            "实例启动失败",
            "limit 5 < 6 = ok",
            "a > b",
        ] {
            assert_eq!(clean(text), text);
        }
    }

    #[test]
    fn line_breaks_and_control_characters_become_one_blank() {
        assert_eq!(clean(" a\r\n\t b\u{0}\u{1b}[31mc\u{2028}d "), "a b [31mc d");
        assert_eq!(clean("a\u{202e}b\u{200b}c"), "a b c");
    }

    #[test]
    fn tags_are_removed_and_cannot_be_rebuilt_by_nesting() {
        assert_eq!(clean("<p class='x'>pod<br/>failed</p>"), "pod failed");
        assert_eq!(clean("<<b>script>alert(1)"), "script>alert(1)");
        assert_eq!(clean("<\u{200b}b>x"), "< b>x");
        assert_eq!(clean("reason <script"), "reason");
    }

    #[test]
    fn a_cut_falls_between_characters() {
        assert_eq!(clean_to("日本語", 7), "日本");
        assert_eq!(cut("日本語", 7), "日本");
        assert_eq!(cut("abc", 9), "abc");
        assert_eq!(clean(&"x".repeat(5000)).len(), MESSAGE_BYTES);
    }

    proptest! {
        #[test]
        fn any_text_becomes_one_short_line_without_markup(text in any::<String>(), max in 0usize..600) {
            let cleaned = clean_to(&text, max);
            prop_assert!(cleaned.len() <= max);
            prop_assert!(!cleaned.chars().any(char::is_control));
            prop_assert!(!cleaned.contains("  "));
            let chars: Vec<char> = cleaned.chars().collect();
            prop_assert!(!chars.windows(2).any(|pair| pair[0] == '<' && opens_tag(Some(pair[1]))));
            prop_assert_eq!(clean_to(&cleaned, max), cleaned.clone());
        }
    }
}
