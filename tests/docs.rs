//! The documentation names files of this repository; they have to be there.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{fs, path::Path};

const PAGES: [&str; 6] = [
    "README.md",
    "docs/architecture.md",
    "docs/how-to/add-a-cloud.md",
    "docs/how-to/install.md",
    "docs/how-to/release.md",
    "deploy/charts/restart-operator/README.md",
];

/// First folders of this repository, by which a word between backticks is known to be a path.
const FOLDERS: [&str; 5] = ["src/", "tests/", "docs/", "deploy/", "crds/"];

#[test]
fn every_file_that_a_page_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut named = 0;
    for page in PAGES {
        let text = fs::read_to_string(root.join(page)).unwrap();
        let folder = root.join(page).parent().unwrap().to_owned();
        let paths = quoted(&text).map(|path| root.join(path));
        for path in paths.chain(linked(&text).map(|path| folder.join(path))) {
            assert!(path.exists(), "{page} names {}", path.display());
            named += 1;
        }
    }
    assert!(named > 50, "only {named} paths were found");
}

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split('`').skip(1).step_by(2);
    words.filter(|word| {
        FOLDERS.iter().any(|folder| word.starts_with(folder)) && !word.contains([' ', '*'])
    })
}

/// Targets of links inside the repository.
fn linked(text: &str) -> impl Iterator<Item = &str> {
    let links = text.split("](").skip(1);
    links.filter_map(|rest| {
        let target = rest.split([')', '#']).next()?;
        (!target.is_empty() && !target.contains("://")).then_some(target)
    })
}
