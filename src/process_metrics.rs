//! The `process_*` metrics that dashboards read, from `/proc` at each scrape. Where there is no
//! `/proc` they stay at zero.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::{Registry, Unit},
};

/// Clock ticks per second in `/proc`: fixed at 100 for all programs by the kernel's interface.
const TICKS: f64 = 100.0;

/// Metrics of this process.
#[derive(Debug, Default)]
pub struct Process {
    cpu: Counter<f64, AtomicU64>,
    memory: Gauge,
    start: Gauge<f64, AtomicU64>,
    files: Gauge,
}

impl Process {
    /// Registers them without a prefix.
    pub fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "process_cpu",
            "CPU time, user and system",
            Unit::Seconds,
            self.cpu.clone(),
        );
        registry.register_with_unit(
            "process_resident_memory",
            "Resident memory",
            Unit::Bytes,
            self.memory.clone(),
        );
        registry.register_with_unit(
            "process_start_time",
            "Start of the process, since the epoch",
            Unit::Seconds,
            self.start.clone(),
        );
        registry.register("process_open_fds", "Open files", self.files.clone());
    }

    /// Reads them now.
    pub fn read(&self) {
        let page = i64::try_from(rustix::param::page_size()).unwrap_or(4096);
        if let Some(stat) = read("/proc/self/stat").and_then(|text| parse_stat(&text, page)) {
            let behind = stat.cpu_seconds - self.cpu.get();
            if behind > 0.0 {
                self.cpu.inc_by(behind);
            }
            self.memory.set(stat.resident_bytes);
            if let Some(boot) = read("/proc/stat").and_then(|text| parse_boot_time(&text)) {
                self.start.set(boot + stat.start_seconds);
            }
        }
        if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
            // One of them is open only for this look.
            let count = files.count().saturating_sub(1);
            self.files.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

#[derive(Debug, PartialEq)]
struct Stat {
    cpu_seconds: f64,
    start_seconds: f64,
    resident_bytes: i64,
}

/// Fields 14, 15, 22 and 24. The second field is a name in parentheses that may hold anything.
fn parse_stat(text: &str, page: i64) -> Option<Stat> {
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
    let pages: i64 = fields.get(24 - 3)?.parse().ok()?;
    Some(Stat {
        cpu_seconds: (number(14)? + number(15)?) / TICKS,
        start_seconds: number(22)? / TICKS,
        resident_bytes: pages.saturating_mul(page),
    })
}

fn parse_boot_time(text: &str) -> Option<f64> {
    text.lines()
        .find_map(|line| line.strip_prefix("btime "))?
        .trim()
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_parentheses_does_not_shift_the_fields() {
        let text = "7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 150 50 13 14 15 16 17 18 400 20 3 22";
        let expected = Stat {
            cpu_seconds: 2.0,
            start_seconds: 4.0,
            resident_bytes: 12_288,
        };
        assert_eq!(parse_stat(text, 4096), Some(expected));
    }
}
