//! Takes out of kubectl's words what differs from run to run: ids, times, ages, and the widths of the
//! columns that they stood in.

use std::fmt::Write as _;

use jiff::civil::DateTime;
use serde_json::Value;

/// Columns that hold an age.
const AGES: [&str; 3] = ["AGE", "STARTED", "FINISHED"];
/// Fields whose value is made anew in each run, and the word that stands for it.
const MADE_ANEW: [(&str, &str); 8] = [
    ("uid", "<uid>"),
    ("attemptId", "<attempt>"),
    ("holder", "<holder>"),
    ("nonce", "<nonce>"),
    ("clientToken", "<token>"),
    ("requestId", "<request id>"),
    ("id", "<order>"),
    ("orderId", "<order>"),
];

/// The values of one object that are replaced, longest first, so that none is cut by another.
pub(crate) struct Plain(Vec<(String, &'static str)>);

impl Plain {
    /// For these objects, of this namespace, with these orders of the cloud.
    pub(crate) fn of(objects: &[Value], namespace: &str, orders: &[String]) -> Self {
        let mut known = vec![(namespace.to_owned(), "shop")];
        known.extend(orders.iter().map(|order| (order.clone(), "<order>")));
        for object in objects {
            collect(object, &mut known);
        }
        known.retain(|(value, _)| value.len() > 5);
        known.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        Self(known)
    }

    /// Replaces ids and times.
    fn text(&self, text: &str) -> String {
        let replaced = self.0.iter().fold(text.to_owned(), |text, (value, word)| {
            text.replace(value, word)
        });
        versions(&request_ids(&times(&replaced)))
    }

    /// A table as `kubectl get` prints it.
    pub(crate) fn table(&self, printed: &str) -> String {
        align(&self.rows(&printed.lines().collect::<Vec<_>>()))
    }

    fn rows(&self, lines: &[&str]) -> Vec<Vec<String>> {
        let Some(header) = lines.first() else {
            return Vec::new();
        };
        let starts = columns(header);
        let titles: Vec<&str> = cells(header, &starts).collect();
        let row = |line: &&str| {
            let cells = cells(line, &starts).zip(&titles);
            cells.map(|(cell, title)| self.cell(cell, title)).collect()
        };
        lines.iter().map(row).collect()
    }

    fn cell(&self, cell: &str, title: &str) -> String {
        let age = AGES.contains(&title.to_uppercase().as_str());
        let is_age = cell.starts_with(|first: char| first.is_ascii_digit());
        if age && is_age {
            return "<age>".to_owned();
        }
        self.text(cell)
    }

    /// The text of `kubectl describe`, its Events last.
    pub(crate) fn description(&self, printed: &str) -> String {
        let (fields, events) = printed.split_once("\nEvents:").unwrap_or((printed, ""));
        let mut text = self.text(fields) + "\nEvents:";
        let lines: Vec<&str> = events
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        if let [one] = lines.as_slice() {
            return text + one + "\n"; // <none>
        }
        // The dashes below the header are as long as its words.
        let rows = self.rows(&lines.iter().map(|line| &line[2..]).collect::<Vec<_>>());
        text.push('\n');
        for line in align(&rows).lines() {
            writeln!(text, "  {line}").unwrap();
        }
        text
    }
}

fn collect(value: &Value, known: &mut Vec<(String, &'static str)>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let word = MADE_ANEW.iter().find(|(name, _)| name == key);
                match (word, value) {
                    (Some((_, word)), Value::String(text)) if !text.starts_with("app-") => {
                        known.push((text.clone(), word));
                    }
                    _ => collect(value, known),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, known)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Where the columns of a header begin.
fn columns(header: &str) -> Vec<usize> {
    let bytes = header.as_bytes();
    let begins =
        |at: usize| bytes[at] != b' ' && (at == 0 || (at > 1 && bytes[at - 2..at] == *b"  "));
    (0..bytes.len()).filter(|at| begins(*at)).collect()
}

fn cells<'a>(line: &'a str, starts: &'a [usize]) -> impl Iterator<Item = &'a str> {
    let ends = starts.iter().skip(1).copied().chain([usize::MAX]);
    starts.iter().zip(ends).map(|(start, end)| {
        let end = end.min(line.len());
        line.get((*start).min(end)..end)
            .unwrap_or_default()
            .trim_end()
    })
}

/// Columns two blanks apart, without blanks at the ends of lines.
fn align(rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].len())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// Too short to be replaced wherever it stands.
fn versions(text: &str) -> String {
    let plain = |line: &str| match line.split_once("Resource Version:") {
        Some((before, _)) => format!("{before}Resource Version:    <version>"),
        None => line.to_owned(),
    };
    text.split('\n').map(plain).collect::<Vec<_>>().join("\n")
}

/// Every RFC 3339 time in UTC becomes `<time>`, and every one without a zone.
fn times(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("20") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let utc = from.find('Z').map_or(0, |end| end + 1);
        let is_utc = (20..=30).contains(&utc) && from[..utc].parse::<jiff::Timestamp>().is_ok();
        let local = from
            .get(..19)
            .and_then(|text| text.parse::<DateTime>().ok());
        let length = match (is_utc, local) {
            (true, _) => utc,
            (false, Some(_)) => 19,
            (false, None) => 0,
        };
        out.push_str(if length > 0 { "<time>" } else { "20" });
        rest = &from[length.max(2)..];
    }
    out + rest
}

/// What a message calls a request id is in no field of its own.
fn request_ids(text: &str) -> String {
    const MARK: &str = "[request id ";
    let mut parts = text.split(MARK);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| {
        let rest = part.split_once(']').map_or(part, |(_, rest)| rest);
        format!("{out}{MARK}<request id>]{rest}")
    })
}
