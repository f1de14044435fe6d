//! Who shares a read with whom, and what is forgotten when.

use std::time::Duration;

use jiff::Timestamp;
use restart_operator::cloud::volcengine::{
    book::{Book, READ_MAX},
    classify::unexpected,
    evidence::Sighting,
};

use crate::codes::ids;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn seen(status: &str) -> Sighting {
    Sighting {
        at: Timestamp::UNIX_EPOCH,
        status: Some(status.to_owned()),
    }
}

/// A read of these ids from `began` to `ended`, all of them `RUNNING`.
fn read(book: &mut Book, read: &[String], began: u64, ended: u64) {
    let sightings = vec![seen("RUNNING"); read.len()];
    book.note(read, &sightings, at(began), at(ended));
}

#[test]
fn a_fresh_read_answers_for_two_seconds() {
    let mut book = Book::default();
    let asked = ids(&["i-a", "i-b"]);
    book.want(&asked, at(10));
    assert!(book.fresh(&asked, at(10)).is_none());
    read(&mut book, &asked, 10, 11);
    let answer = book.fresh(&asked, at(12)).unwrap().unwrap();
    assert_eq!(answer, [seen("RUNNING"), seen("RUNNING")]);
    assert!(book.fresh(&asked, at(13)).is_none());
    // One that was not read is enough for a new read.
    assert!(book.fresh(&ids(&["i-a", "i-c"]), at(12)).is_none());
}

#[test]
fn a_read_asks_for_its_own_ids_first_and_then_for_those_not_read_for_longest() {
    let mut book = Book::default();
    let names: Vec<String> = (0..150).map(|n| format!("i-{n:03}")).collect();
    book.want(&names, at(10));
    read(&mut book, &names[..100], 10, 11);
    let batch = book.batch(&ids(&["i-007"]));
    assert_eq!(batch.len(), READ_MAX);
    assert_eq!(batch[0], "i-007");
    assert_eq!(batch[1..51], names[100..150]);
    assert_eq!(batch.iter().filter(|id| *id == "i-007").count(), 1);
    assert_eq!(book.batch(&names[..100]), names[..100]);
}

#[test]
fn ids_that_nobody_asks_about_for_a_minute_are_forgotten() {
    let mut book = Book::default();
    book.want(&ids(&["i-old"]), at(0));
    book.want(&ids(&["i-new"]), at(59));
    assert_eq!(book.batch(&[]).len(), 2);
    assert!(!book.is_idle(at(60)));
    book.want(&ids(&["i-new"]), at(60));
    assert_eq!(book.batch(&[]), ["i-new"]);
    assert!(book.is_idle(at(120)));
}

#[test]
fn a_read_that_began_before_the_question_is_no_answer_to_it() {
    let mut book = Book::default();
    let asked = ids(&["i-a"]);
    book.want(&asked, at(10));
    // About to be rebooted, while a read is under way.
    book.forget(&asked);
    read(&mut book, &asked, 10, 14);
    assert!(book.fresh(&asked, at(14)).is_none());
    book.want(&asked, at(12));
    read(&mut book, &asked, 11, 14);
    assert!(book.fresh(&asked, at(14)).is_none());
    read(&mut book, &asked, 14, 15);
    assert!(book.fresh(&asked, at(15)).is_some());
}

#[test]
fn a_failure_answers_everybody_for_two_seconds_or_until_the_next_read() {
    let mut book = Book::default();
    let asked = ids(&["i-a"]);
    book.want(&asked, at(10));
    book.note_failure(unexpected("DescribeInstances", "broken"), at(11));
    assert!(book.fresh(&ids(&["i-b"]), at(12)).unwrap().is_err());
    assert!(book.fresh(&asked, at(13)).is_none());
    book.note_failure(unexpected("DescribeInstances", "broken"), at(13));
    read(&mut book, &asked, 13, 14);
    assert!(book.fresh(&asked, at(14)).unwrap().is_ok());
}

#[test]
fn a_book_is_bounded_and_what_is_beyond_is_read_all_the_same() {
    let mut book = Book::default();
    let many: Vec<String> = (0..20_000).map(|n| format!("i-{n}")).collect();
    book.want(&many, at(10));
    let beyond = ids(&["i-19999"]);
    assert_eq!(book.batch(&beyond)[0], "i-19999");
    read(&mut book, &beyond, 10, 11);
    assert!(book.fresh(&beyond, at(11)).is_none());
}
