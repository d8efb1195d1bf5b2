//! An archive of files in the form that a Linux kernel unpacks at its start (cpio, "newc").

use std::collections::BTreeSet;

/// Files, folders and links, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Archive {
    bytes: Vec<u8>,
    folders: BTreeSet<String>,
    /// How many entries there are; also the number that tells them apart.
    count: u32,
}

const FOLDER: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;

impl Archive {
    /// Adds a folder and those above it; one that was added before stays as it is.
    pub(crate) fn add_folder(&mut self, path: &str) {
        let path = path.trim_matches('/');
        if path.is_empty() || self.folders.contains(path) {
            return;
        }
        self.add_parent(path);
        self.folders.insert(path.to_owned());
        self.add(path, FOLDER, &[]);
    }

    /// Adds a file that everybody may read and execute, and the folders above it.
    pub(crate) fn add_program(&mut self, path: &str, content: &[u8]) {
        let path = path.trim_matches('/');
        self.add_parent(path);
        self.add(path, PROGRAM, content);
    }

    /// The whole archive.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.add("TRAILER!!!", 0, &[]);
        self.bytes
    }

    fn add_parent(&mut self, path: &str) {
        if let Some((parent, _)) = path.rsplit_once('/') {
            self.add_folder(parent);
        }
    }

    fn add(&mut self, path: &str, mode: u32, content: &[u8]) {
        self.count += 1;
        // Inode, mode, owner, group, links, time, size, four device numbers, length of the name
        // with its terminating zero, checksum: 32 bits each, as eight hexadecimal digits. A size
        // beyond that is no file for a guest's memory.
        let size = u32::try_from(content.len()).unwrap_or(u32::MAX);
        let name_size = u32::try_from(path.len() + 1).unwrap_or(u32::MAX);
        let fields = [self.count, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name_size, 0];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes
                .extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(path.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(content);
        self.pad();
    }

    /// Name and content each end at a multiple of four bytes.
    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::Archive;
    use core::str;

    /// Path, mode and content of each entry, read back as the format is defined.
    fn entries(bytes: &[u8]) -> Vec<(String, u32, Vec<u8>)> {
        let mut entries = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            assert_eq!(&bytes[at..at + 6], b"070701");
            let field = |nth: usize| {
                let start = at + 6 + 8 * nth;
                let digits = str::from_utf8(&bytes[start..start + 8]).unwrap();
                u32::from_str_radix(digits, 16).unwrap()
            };
            let (size, name_size) = (field(6) as usize, field(11) as usize);
            let name = at + 110;
            let content = (name + name_size).next_multiple_of(4);
            let path = str::from_utf8(&bytes[name..name + name_size]).unwrap();
            entries.push((
                path.strip_suffix('\0').unwrap().to_owned(),
                field(1),
                bytes[content..content + size].to_vec(),
            ));
            at = (content + size).next_multiple_of(4);
        }
        assert_eq!(at, bytes.len());
        entries
    }

    #[test]
    fn files_come_after_their_folders_and_each_folder_comes_once() {
        let mut archive = Archive::default();
        archive.add_folder("/proc");
        archive.add_program("/a/b/one", b"1");
        archive.add_program("a/b/four", b"four");
        archive.add_program("init", b"");
        let entries = entries(&archive.finish());
        let expected: [(&str, u32, &[u8]); 7] = [
            ("proc", 0o040_755, b""),
            ("a", 0o040_755, b""),
            ("a/b", 0o040_755, b""),
            ("a/b/one", 0o100_755, b"1"),
            ("a/b/four", 0o100_755, b"four"),
            ("init", 0o100_755, b""),
            ("TRAILER!!!", 0, b""),
        ];
        let expected = expected.map(|(path, mode, bytes)| (path.to_owned(), mode, bytes.to_vec()));
        assert_eq!(entries, expected);
    }
}
