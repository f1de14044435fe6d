//! One page: an introduction and tables, compared with what is shipped.

use std::{fmt::Write as _, fs, path::PathBuf};

/// Compares a page of `docs/reference`, or writes it.
pub(crate) fn compare(name: &str, made: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("docs/reference")
        .join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, made).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == made,
        "docs/reference/{name} is out of date: UPDATE_DOCS=1 cargo test --test reference"
    );
}

/// A table in Markdown, with an empty line after it.
pub(crate) fn table<const N: usize>(titles: [&str; N], rows: &[[String; N]]) -> String {
    let mut text = format!("| {} |\n|{}\n", titles.join(" | "), "---|".repeat(N));
    for row in rows {
        // A bar would end the cell, a line break the table.
        let cells = row
            .each_ref()
            .map(|cell| cell.replace('|', "\\|").replace('\n', " "));
        writeln!(text, "| {} |", cells.join(" | ")).unwrap();
    }
    text + "\n"
}

/// The text between backticks; nothing for nothing.
pub(crate) fn code(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("`{text}`")
    }
}
