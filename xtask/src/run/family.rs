//! A program with all that it has started: what they are at, and their end.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// What is known of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    id: u32,
    parent: u32,
    /// The group it is in, which bears the number of its leader.
    group: u32,
}

/// Kills a program that has not been waited for, and all that it has started, if they can be
/// listed here; tells on lines of their own what those were at that waited for nobody else of them.
pub(super) fn kill(root: u32) -> io::Result<String> {
    let (_, last) = members(root, &processes());
    let told = last.into_iter().map(at).collect();
    // What stands still starts nothing that would be missed, and dies without handing anybody on.
    let mut stopped = BTreeSet::new();
    loop {
        let (all, _) = members(root, &processes());
        let new: Vec<u32> = all.difference(&stopped).copied().collect();
        if new.is_empty() {
            break;
        }
        signal("STOP", &new)?;
        stopped.extend(new);
    }
    signal("KILL", &Vec::from_iter(stopped))?;
    Ok(told)
}

/// The program and what it has started, and those of them that have started nobody.
fn members(root: u32, all: &[Process]) -> (BTreeSet<u32>, Vec<u32>) {
    let mut members = BTreeSet::from([root]);
    let mut before = 0;
    while before < members.len() {
        before = members.len();
        for process in all {
            // In the group also those whose parents have ended.
            if members.contains(&process.parent) || members.contains(&process.group) {
                members.insert(process.id);
            }
        }
    }
    let has_child = |id: u32| all.iter().any(|it| it.parent == id);
    let last = members.iter().copied().filter(|&id| !has_child(id));
    let last = last.collect();
    (members, last)
}

/// All processes, from Linux's files or from `ps`; none where there is neither.
fn processes() -> Vec<Process> {
    let numbers = fs::read_dir("/proc").into_iter().flatten().flatten();
    let stats = numbers.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    let listed: Vec<Process> = stats.filter_map(|stat| of_stat(&stat)).collect();
    if !listed.is_empty() {
        return listed;
    }
    let mut ps = Command::new("ps");
    ps.args(["-A", "-o", "pid=", "-o", "ppid=", "-o", "pgid="]);
    let output = ps.stdin(Stdio::null()).stderr(Stdio::null()).output();
    let Ok(output) = output else {
        return Vec::new();
    };
    let lines = String::from_utf8_lossy(&output.stdout);
    lines.lines().filter_map(of_line).collect()
}

/// A process in Linux's `/proc/PID/stat`: behind its name, which may hold anything, a state first.
fn of_stat(stat: &str) -> Option<Process> {
    let (id, _) = stat.split_once(' ')?;
    let (_, rest) = stat.rsplit_once(") ")?;
    let (_state, rest) = rest.split_once(' ')?;
    of_line(&format!("{id} {rest}"))
}

/// A process, its parent and its group.
fn of_line(line: &str) -> Option<Process> {
    let mut numbers = line.split_whitespace().map_while(|it| it.parse().ok());
    Some(Process {
        id: numbers.next()?,
        parent: numbers.next()?,
        group: numbers.next()?,
    })
}

/// std has no call that sends a signal. Who has ended meanwhile is none the worse for it.
fn signal(name: &str, to: &[u32]) -> io::Result<()> {
    let to: Vec<String> = to.iter().map(u32::to_string).collect();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("kill -s {name} -- {}", to.join(" "))]);
    shell.stderr(Stdio::null()).status().map(drop)
}

/// The program of a process, and where in the kernel each of its threads is, as far as Linux tells;
/// empty elsewhere, and for who has ended.
fn at(id: u32) -> String {
    let folder = Path::new("/proc").join(id.to_string());
    let arguments = fs::read_to_string(folder.join("cmdline")).unwrap_or_default();
    if arguments.is_empty() {
        return String::new();
    }
    let arguments = arguments.trim_end_matches('\0').replace('\0', " ");
    let mut told = format!("\n    | {id} was at: {arguments}");
    for thread in fs::read_dir(folder.join("task"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let of = |file: &str| fs::read_to_string(thread.path().join(file)).unwrap_or_default();
        let [name, place, call] = ["comm", "wchan", "syscall"].map(of);
        let (name, call) = (name.trim_end(), call.trim_end());
        told += &format!("\n    |   thread {name}: {place}, system call {call}");
    }
    told
}

#[cfg(test)]
mod tests {
    use super::{Process, members, of_line, of_stat, processes};
    use std::collections::BTreeSet;

    fn process(id: u32, parent: u32, group: u32) -> Process {
        Process { id, parent, group }
    }

    #[test]
    fn processes_are_read_whatever_their_names_are() {
        let stat = "42 (a) b (c) S 7 41 7 0 -1 4194560 1 2";
        assert_eq!(of_stat(stat), Some(process(42, 7, 41)));
        assert_eq!(of_line("  42     7    41"), Some(process(42, 7, 41)));
        for bad in ["", "42 (a", "42 (a) S", "42 (a) S 7", "x (a) S 7 41"] {
            assert_eq!(of_stat(bad), None, "{bad}");
        }
        let own = std::process::id();
        assert!(
            processes().iter().any(|it| it.id == own),
            "no list of processes"
        );
    }

    #[test]
    fn members_are_children_of_children_and_who_is_in_their_groups() {
        let all = [
            process(1, 0, 1),
            process(31, 30, 31),
            process(2, 1, 2),
            process(30, 20, 2),
            process(20, 2, 2),
            process(40, 1, 31),
            process(50, 1, 50),
        ];
        let (of_two, last) = members(2, &all);
        assert_eq!(of_two, BTreeSet::from([2, 20, 30, 31, 40]));
        assert_eq!(last, [31, 40]);
        assert_eq!(members(9, &all), (BTreeSet::from([9]), vec![9]));
    }
}
