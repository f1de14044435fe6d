//! Finds the paths that a Rust file names: by `use`, and in the code itself. Knows nothing of rules.
//!
//! It reads tokens, not types. Comments, texts and whatever is marked `#[cfg(test)]` do not count.

use std::collections::HashMap;

/// A path as the compiler would see it from the root: `crate::cloud::types::Target`, `kube::Client`.
/// `async` and `await` count as paths of one word.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) line: usize,
    pub(crate) path: String,
}

/// A file, and what it names.
pub(crate) struct Source {
    pub(crate) module: Vec<String>,
    pub(crate) named: Vec<Named>,
    /// Modules that exist for tests only; they may be files of their own.
    pub(crate) test_modules: Vec<Vec<String>>,
}

/// Reads one file. `file` is its name from the root of its package, such as `src/api/mod.rs`.
pub(crate) fn read(file: &str, text: &str) -> Source {
    let module = module_of(file);
    let mut reader = Reader {
        test_modules: Vec::new(),
        modules: vec![module.clone()],
        ..Reader::default()
    };
    let tokens = reader.without_tests(&tokens(text));
    reader.scan(&tokens);
    Source {
        module,
        named: reader.resolved(),
        test_modules: reader.test_modules,
    }
}

fn module_of(file: &str) -> Vec<String> {
    let inner = file.rsplit_once("src/").map_or(file, |(_, inner)| inner);
    let words = inner.trim_end_matches(".rs").split('/');
    let mut module = vec!["crate".to_owned()];
    module.extend(
        words
            .filter(|word| !["mod", "lib", "main"].contains(word))
            .map(str::to_owned),
    );
    module
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    line: usize,
    text: String,
}

impl Token {
    fn is_word(&self) -> bool {
        self.text
            .starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// Words, `::`, and every other sign by itself. Texts become one empty word-less token.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    while at < chars.len() {
        let end = end_of_token(&chars, at);
        let piece: String = chars[at..end].iter().collect();
        let lines = piece.matches('\n').count();
        if !piece.trim().is_empty() && !piece.starts_with("//") && !piece.starts_with("/*") {
            found.push(Token { line, text: piece });
        }
        line += lines;
        at = end;
    }
    found
}

fn end_of_token(chars: &[char], at: usize) -> usize {
    let next = |ahead: usize| chars.get(at + ahead).copied().unwrap_or_default();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    match chars[at] {
        '/' if next(1) == '/' => at + chars[at..].iter().take_while(|c| **c != '\n').count(),
        '/' if next(1) == '*' => end_of_block_comment(chars, at),
        '"' => end_of_text(chars, at, '"'),
        '\'' if next(1) == '\\' || next(2) == '\'' => end_of_text(chars, at, '\''),
        ':' if next(1) == ':' => at + 2,
        first if is_word(first) => {
            let end = at + chars[at..].iter().take_while(|c| is_word(**c)).count();
            let prefix: String = chars[at..end].iter().collect();
            match (prefix.as_str(), chars.get(end)) {
                ("b" | "c", Some('"')) => end_of_text(chars, end, '"'),
                ("b", Some('\'')) => end_of_text(chars, end, '\''),
                ("r" | "br" | "cr", Some('"' | '#')) => end_of_raw(chars, end),
                _ => end,
            }
        }
        _ => at + 1,
    }
}

fn end_of_block_comment(chars: &[char], from: usize) -> usize {
    let (mut depth, mut at) = (0_usize, from);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) if depth == 1 => return at + 2,
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at
}

fn end_of_text(chars: &[char], from: usize, quote: char) -> usize {
    let mut at = from + 1;
    while at < chars.len() && chars[at] != quote {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// The end of a raw text, or of a raw word such as `r#type`. `from` is where the signs begin.
fn end_of_raw(chars: &[char], from: usize) -> usize {
    let signs = chars[from..].iter().take_while(|c| **c == '#').count();
    let mut at = from + signs;
    if chars.get(at) != Some(&'"') {
        return at
            + chars[at..]
                .iter()
                .take_while(|c| c.is_alphanumeric() || **c == '_')
                .count();
    }
    at += 1;
    while at < chars.len() {
        let closing = chars[at + 1..]
            .iter()
            .take(signs)
            .take_while(|c| **c == '#')
            .count();
        at += 1;
        if chars[at - 1] == '"' && closing == signs {
            return at + signs;
        }
    }
    at
}

#[derive(Default)]
struct Reader {
    test_modules: Vec<Vec<String>>,
    /// The module that is being read, and those around it in the same file.
    modules: Vec<Vec<String>>,
    /// Modules and macros declared in this file: what a path may begin with and is no crate.
    children: Vec<Vec<String>>,
    aliases: HashMap<String, Vec<String>>,
    raw: Vec<(usize, Vec<String>, Vec<String>)>,
}

impl Reader {
    /// Leaves out each item that is marked `#[cfg(test)]`.
    fn without_tests(&mut self, all: &[Token]) -> Vec<Token> {
        const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
        let (mut kept, mut at) = (Vec::new(), 0);
        while at < all.len() {
            let window = all[at..]
                .iter()
                .take(MARK.len())
                .map(|token| token.text.as_str());
            if !window.eq(MARK) {
                kept.push(all[at].clone());
                at += 1;
                continue;
            }
            let end = end_of_item(all, at + MARK.len());
            if let [.., is, name, last] = &all[at..end]
                && is.text == "mod"
                && last.text == ";"
            {
                let mut module = self.modules[0].clone();
                module.push(name.text.clone());
                self.test_modules.push(module);
            }
            at = end;
        }
        kept
    }

    fn scan(&mut self, all: &[Token]) {
        let (mut at, mut depth, mut opened) = (0, 0_usize, Vec::new());
        while at < all.len() {
            let text = |ahead: usize| all.get(at + ahead).map_or("", |token| token.text.as_str());
            let before = at
                .checked_sub(1)
                .map_or("", |before| all[before].text.as_str());
            match text(0) {
                "use" => at = self.scan_use(all, at + 1),
                "mod" if text(2) == ";" || text(2) == "{" => {
                    let mut module = self.here();
                    module.push(text(1).to_owned());
                    self.children.push(module.clone());
                    if text(2) == "{" {
                        self.modules.push(module);
                        opened.push(depth);
                        depth += 1;
                    }
                    at += 3;
                }
                "{" => (at, depth) = (at + 1, depth + 1),
                "}" => {
                    depth = depth.saturating_sub(1);
                    if opened.last() == Some(&depth) {
                        opened.pop();
                        self.modules.pop();
                    }
                    at += 1;
                }
                "macro_rules" if text(1) == "!" => {
                    let mut module = self.here();
                    module.push(text(2).to_owned());
                    self.children.push(module);
                    at += 3;
                }
                "async" | "await" => {
                    self.keep(all[at].line, vec![text(0).to_owned()]);
                    at += 1;
                }
                // `.collect::<Vec<_>>()` and `$name::Variant` name nothing.
                _ if all[at].is_word()
                    && text(1) == "::"
                    && ![".", "$", "::"].contains(&before) =>
                {
                    at = self.scan_path(all, at, Vec::new());
                }
                "::" if all.get(at + 1).is_some_and(Token::is_word)
                    && !before.ends_with(['>', ')']) =>
                {
                    at = self.scan_path(all, at + 1, vec![String::new()]);
                }
                _ => at += 1,
            }
        }
    }

    /// A path in the code. A leading empty word stands for a leading `::`.
    fn scan_path(&mut self, all: &[Token], from: usize, mut path: Vec<String>) -> usize {
        let mut at = from;
        while let Some(word) = all.get(at).filter(|token| token.is_word()) {
            path.push(word.text.clone());
            at += 1;
            if all.get(at).is_some_and(|token| token.text == "::") {
                at += 1;
            } else {
                break;
            }
        }
        self.keep(all[from].line, path);
        at
    }

    /// What follows `use`, to its `;`.
    fn scan_use(&mut self, all: &[Token], from: usize) -> usize {
        let (mut at, mut path, mut groups) = (from, Vec::<String>::new(), Vec::<usize>::new());
        let mut line = all.get(from).map_or(0, |token| token.line);
        while let Some(token) = all.get(at) {
            let start = groups.last().copied().unwrap_or(0);
            match token.text.as_str() {
                "::" if path.is_empty() => path.push(String::new()),
                "::" => {}
                "{" => groups.push(path.len()),
                "as" => {
                    let alias = all.get(at + 1).map(|next| next.text.clone());
                    self.import(line, &path, alias);
                    path.truncate(start);
                    at += 1;
                }
                end @ ("," | "}" | ";") => {
                    if path.len() > start {
                        self.import(line, &path, None);
                    }
                    if end == "}" {
                        groups.pop();
                        // Whatever the group stood for has been taken.
                        path.truncate(groups.last().copied().unwrap_or(0));
                    } else {
                        path.truncate(start);
                    }
                    if end == ";" {
                        return at + 1;
                    }
                }
                word => {
                    line = token.line;
                    path.push(word.to_owned());
                }
            }
            at += 1;
        }
        at
    }

    fn import(&mut self, line: usize, path: &[String], alias: Option<String>) {
        let mut path = path.to_vec();
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let name = alias.or_else(|| path.last().cloned()).unwrap_or_default();
        let full = self.absolute(&path, &self.here());
        self.aliases.insert(name, full);
        self.keep(line, path);
    }

    fn here(&self) -> Vec<String> {
        self.modules.last().cloned().unwrap_or_default()
    }

    fn keep(&mut self, line: usize, path: Vec<String>) {
        self.raw.push((line, path, self.here()));
    }

    /// Without aliases: `crate`, `self`, `super` and a leading `::` only.
    fn absolute(&self, path: &[String], module: &[String]) -> Vec<String> {
        let (mut base, mut rest) = (module.to_vec(), path);
        match path.first().map(String::as_str) {
            Some("") => return path[1..].to_vec(),
            Some("self") => rest = &path[1..],
            Some("super") => {
                while rest.first().is_some_and(|word| word == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            Some(head) => {
                base.push(head.to_owned());
                if !self.children.contains(&base) {
                    return path.to_vec();
                }
                base.pop();
            }
            None => {}
        }
        base.extend_from_slice(rest);
        base
    }

    fn resolved(&self) -> Vec<Named> {
        let resolve = |path: &Vec<String>, module: &Vec<String>| {
            let mut full = self.absolute(path, module);
            // An alias may stand for another one: `use crate::api::Reason; use Reason as R;`
            for _ in 0..4 {
                match self.aliases.get(&full[0]) {
                    Some(alias) if path[0] != *"" && alias[0] != full[0] => {
                        full.splice(0..1, alias.iter().cloned());
                    }
                    _ => break,
                }
            }
            full.join("::")
        };
        let raw = self.raw.iter().filter(|(_, path, _)| !path.is_empty());
        raw.map(|(line, path, module)| Named {
            line: *line,
            path: resolve(path, module),
        })
        .collect()
    }
}

/// Behind the item that begins at `from`: its `;`, or the end of its body.
fn end_of_item(all: &[Token], from: usize) -> usize {
    let (mut at, mut depth, mut is_use) = (from, 0_usize, false);
    while let Some(token) = all.get(at) {
        at += 1;
        match token.text.as_str() {
            "use" if depth == 0 => is_use = true,
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 && !is_use {
                    return at;
                }
            }
            ";" if depth == 0 => return at,
            _ => {}
        }
    }
    at
}
