//! Every case of the tables, in one go per table: a run names all cases that went wrong.

use serde_json::json;

use crate::{
    server::{Answer, Server},
    support::failure::Outcome,
    table::{self, Refused},
};

/// What is wrong with an answer, if anything.
fn complaint(name: &str, refused: Option<&Refused>, answer: &Answer) -> Option<String> {
    match (refused, answer) {
        (None, Ok(_)) => None,
        (None, Err((code, message))) => Some(format!("{name}: refused, {code}: {message}")),
        (Some(_), Ok(_)) => Some(format!("{name}: accepted")),
        (Some(Refused { field, says }), Err((code, message))) => {
            let as_written =
                *code == 422 && message.contains(&format!("{field}: ")) && message.contains(says);
            (!as_written).then(|| format!("{name}: {code}, not {field}: {says}, but {message}"))
        }
    }
}

fn conclude(complaints: &[String]) {
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[tokio::test]
async fn creations_are_answered_as_the_table_says() -> Outcome<()> {
    let server = Server::for_test("create").await?;
    let bases = table::bases();
    let mut complaints = Vec::new();
    for case in table::creations() {
        let object = server.place(&case.applied_to(&bases[&case.base]), "x");
        let answer = server.try_create(&object).await;
        complaints.extend(complaint(&case.name, case.refused.as_ref(), &answer));
    }
    conclude(&complaints);
    Ok(())
}

#[tokio::test]
async fn edits_are_answered_as_the_table_says() -> Outcome<()> {
    let server = Server::for_test("edit").await?;
    let bases = table::bases();
    let mut complaints = Vec::new();
    for (number, case) in table::edits().iter().enumerate() {
        let object = server.place(&case.stored(&bases), &number.to_string());
        let mut stored = server
            .create(&object)
            .await
            .expect("what is edited is accepted");
        if let Some(status) = &case.status {
            table::merge(&mut stored, &json!({ "status": status }));
            stored = server
                .replace_status(&stored)
                .await
                .expect("so is its status");
        }
        let answer = server.replace(&case.applied_to(&stored)).await;
        complaints.extend(complaint(&case.name, case.refused.as_ref(), &answer));
        server.delete(&stored).await;
    }
    conclude(&complaints);
    Ok(())
}

#[tokio::test]
async fn moves_of_status_are_answered_as_the_table_says() -> Outcome<()> {
    let server = Server::for_test("move").await?;
    let request = &table::bases()["request"];
    let moves = table::moves();
    let mut complaints = Vec::new();
    for (number, walk) in moves.cases.iter().enumerate() {
        let object = server.place(request, &number.to_string());
        let mut stored = server
            .create(&object)
            .await
            .expect("a fresh request is accepted");
        let patches = moves.patches(walk);
        for (step, patch) in patches.iter().enumerate() {
            let mut next = stored.clone();
            table::merge(&mut next, &json!({ "status": patch }));
            let answer = server.replace_status(&next).await;
            let last = step + 1 == patches.len();
            let name = format!("{}, step {}", walk.name, step + 1);
            complaints.extend(complaint(
                &name,
                walk.refused.as_ref().filter(|_| last),
                &answer,
            ));
            stored = answer.unwrap_or(stored);
        }
        server.delete(&stored).await;
    }
    conclude(&complaints);
    Ok(())
}

#[tokio::test]
async fn nulls_are_dropped_or_replaced_by_the_default() -> Outcome<()> {
    let server = Server::for_test("null").await?;
    let bases = table::bases();
    for case in table::creations()
        .iter()
        .filter(|case| !case.null_at.is_empty())
    {
        let object = server.place(&case.applied_to(&bases[&case.base]), "x");
        let stored = server
            .try_create(&object)
            .await
            .expect("nulls are accepted");
        for place in &case.null_at {
            let value = stored.pointer(place);
            assert!(
                value.is_none_or(|v| v == false),
                "{}: {place} is {value:?}",
                case.name
            );
        }
    }
    Ok(())
}
