//! The documentation names files, headings and make targets of this repository; they have to be there.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// First folders of this repository, by which a word between backticks is known to be a path.
const FOLDERS: [&str; 5] = ["src/", "tests/", "docs/", "deploy/", "crds/"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The README and every page below `docs`.
fn pages() -> Vec<(PathBuf, String)> {
    let mut found = vec![root().join("README.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    let read = |path: PathBuf| (path.clone(), fs::read_to_string(path).unwrap());
    found.into_iter().map(read).collect()
}

#[test]
fn every_file_that_a_page_names_is_there() {
    let (mut named, mut missing) = (0, Vec::new());
    for (page, text) in pages() {
        let folder = page.parent().unwrap();
        let files = linked(&text)
            .map(|(path, _)| path)
            .filter(|path| !path.is_empty());
        let paths = files.map(|path| folder.join(path));
        for path in quoted(&text).map(|path| root().join(path)).chain(paths) {
            named += 1;
            if !path.exists() {
                missing.push(format!("{} names {}", page.display(), path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(named > 100, "only {named} paths were found");
}

#[test]
fn every_heading_that_a_link_names_is_there() {
    let mut missing = Vec::new();
    for (page, text) in pages() {
        for (path, anchor) in linked(&text).filter(|(_, anchor)| !anchor.is_empty()) {
            let target = if path.is_empty() {
                page.clone()
            } else {
                page.parent().unwrap().join(path)
            };
            let text = fs::read_to_string(&target).unwrap_or_default();
            if !text
                .lines()
                .any(|line| heading(line).as_deref() == Some(anchor))
            {
                missing.push(format!("{} links to {path}#{anchor}", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_page_can_be_reached_from_the_landing_page() {
    let landing = root().join("docs/README.md").canonicalize().unwrap();
    let mut reached = vec![landing];
    let mut next = 0;
    while let Some(page) = reached.get(next).cloned() {
        let text = fs::read_to_string(&page).unwrap();
        let folder = page.parent().unwrap();
        for (path, _) in linked(&text) {
            let Ok(path) = folder.join(path).canonicalize() else {
                continue;
            };
            if path.extension().is_some_and(|end| end == "md") && !reached.contains(&path) {
                reached.push(path);
            }
        }
        next += 1;
    }
    for (page, _) in pages() {
        let page = page.canonicalize().unwrap();
        assert!(
            reached.contains(&page),
            "no link leads to {}",
            page.display()
        );
    }
}

#[test]
fn every_make_target_that_a_page_names_is_there() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    for (page, text) in pages() {
        for target in text.split("`make ").skip(1) {
            let end = |c: char| !c.is_ascii_lowercase() && c != '-';
            let name = target.split(end).next().unwrap_or_default();
            let rule = format!("\n{name}:");
            assert!(
                makefile.contains(&rule),
                "{} names make {name}",
                page.display()
            );
        }
    }
}

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split('`').skip(1).step_by(2);
    words.filter(|word| {
        FOLDERS.iter().any(|folder| word.starts_with(folder))
            && !word.contains([' ', '*'])
            && !word.contains("::")
    })
}

/// Targets of links inside the repository: file and heading.
fn linked(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let links = text.split("](").skip(1);
    links.filter_map(|rest| {
        let target = rest.split(')').next()?;
        // Patterns of the API reference look like links.
        let inside = !target.contains("://") && !target.contains([' ', '\n', '[', '*']);
        inside.then(|| target.split_once('#').unwrap_or((target, "")))
    })
}

/// The name by which a code host links to a heading.
fn heading(line: &str) -> Option<String> {
    let text = line.strip_prefix('#')?.trim_start_matches('#').trim();
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let name = text.chars().filter(kept).collect::<String>();
    Some(name.to_lowercase().replace(' ', "-"))
}
