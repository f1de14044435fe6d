//! The access policies of the documentation grant what the operator calls, and nothing else. That it
//! needs nothing more is shown by every test with a simulated cloud, which enforces these files.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a panic is how a test fails"
)]

mod support;

use std::{fs, path::Path};

use support::permissions;

/// All source text of a folder below `src/cloud`.
fn source(folder: &Path) -> String {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let texts = entries.map(|path| {
        if path.is_dir() {
            source(&path)
        } else {
            fs::read_to_string(path).unwrap()
        }
    });
    texts.collect()
}

#[test]
fn each_granted_action_is_one_that_the_operator_calls() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cloud");
    for (file, folder) in [("sae.json", "sae"), ("volcengine.json", "volcengine")] {
        let text = source(&root.join(folder));
        for action in permissions::actions(file) {
            let (_, name) = action.split_once(':').unwrap();
            assert!(
                text.contains(&format!("\"{name}\"")),
                "{file} grants {action}"
            );
        }
    }
}

#[test]
fn the_permissions_page_lists_what_the_files_grant() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/how-to/cloud-permissions.md");
    let text = fs::read_to_string(page).unwrap();
    for action in permissions::actions("sae.json") {
        assert!(
            text.contains(&format!("`{action}`")),
            "the page lacks {action}"
        );
    }
    assert_eq!(permissions::granted().len(), 18);
}
