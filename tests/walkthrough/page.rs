//! The blocks of a page that can be typed: files to write, sessions with their output, and commands.

use std::path::Path;

/// What a page tells people to do, in order.
pub(crate) struct Page {
    pub(crate) blocks: Vec<Block>,
}

/// One fenced or indented block.
pub(crate) enum Block {
    /// YAML whose first line names a file.
    File { name: String, text: String },
    /// Commands after `$`, and what they print.
    Session(Vec<Step>),
    /// Lines of a shell without output.
    Commands(Vec<String>),
}

/// One command and what it prints. In the output, `…` stands for anything.
pub(crate) struct Step {
    pub(crate) command: String,
    expected: Vec<String>,
}

impl Page {
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a page");
        let mut blocks = Vec::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(language) = line.trim_start().strip_prefix("```") {
                let fence = |line: &&str| line.trim_start() != "```";
                let body: Vec<&str> = lines.by_ref().take_while(fence).collect();
                blocks.extend(fenced(language, &body));
            } else if let Some(command) = line.trim_start().strip_prefix("kubectl ")
                && line.starts_with("    ")
            {
                blocks.push(Block::Commands(vec![format!("kubectl {command}")]));
            }
        }
        Self { blocks }
    }

    /// All kubectl commands that need no file, up to their first pipe.
    pub(crate) fn kubectl_commands(&self) -> Vec<String> {
        let lines = self.blocks.iter().flat_map(|block| match block {
            Block::Commands(lines) => lines.clone(),
            Block::Session(steps) => steps.iter().map(|step| step.command.clone()).collect(),
            Block::File { .. } => Vec::new(),
        });
        let needs_file = [" -f ", " -k ", "--patch-file"];
        let typed = lines.filter(|line| line.starts_with("kubectl "));
        let typed = typed.filter(|line| !needs_file.iter().any(|flag| line.contains(flag)));
        typed
            .map(|line| line.split(" | ").next().unwrap_or_default().to_owned())
            .collect()
    }
}

fn fenced(language: &str, body: &[&str]) -> Option<Block> {
    match language {
        "yaml" => {
            let name = body.first()?.strip_prefix("# ")?;
            let is_yaml = Path::new(name).extension().is_some_and(|end| end == "yaml");
            let is_file = is_yaml && !name.contains(' ');
            is_file.then(|| Block::File {
                name: name.to_owned(),
                text: body.join("\n"),
            })
        }
        "console" => Some(Block::Session(session(body))),
        "sh" => Some(Block::Commands(
            body.iter().map(|&line| line.to_owned()).collect(),
        )),
        _ => None,
    }
}

fn session(body: &[&str]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in body {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                command: command.to_owned(),
                expected: Vec::new(),
            });
        } else if let Some(step) = steps.last_mut() {
            step.expected.push((*line).to_owned());
        }
    }
    steps
}

impl Step {
    /// Compares line by line; a line that is only `…` ends the comparison.
    pub(crate) fn check(&self, printed: &str) {
        let mut lines = printed.lines();
        for expected in &self.expected {
            if expected == "…" {
                return;
            }
            let line = lines.next().unwrap_or_default();
            let same = match expected.split_once('…') {
                Some((begin, end)) => line.starts_with(begin) && line.trim_end().ends_with(end),
                None => line.trim_end() == expected.trim_end(),
            };
            assert!(same, "$ {}\nsays {line:?}, not {expected:?}", self.command);
        }
        let more: Vec<&str> = lines.collect();
        assert!(more.is_empty(), "$ {}\nalso says {more:?}", self.command);
    }
}
