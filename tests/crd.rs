//! Drift.
use restart_operator::api::crds;
#[test]
fn the_shipped_definitions_are_what_the_code_prints() {
    for d in crds::definitions().unwrap() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("crds")
            .join(&d.file_name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, d.to_yaml().unwrap()).unwrap();
    }
}
