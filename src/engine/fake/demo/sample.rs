//! The sample workspace, as it was when the program was built. The demo opens it from here, so that it needs no
//! workspace on the disk.

/// Embeds files of the repository under their paths.
macro_rules! embed {
    ($($path:literal,)+) => {
        &[$(($path, include_bytes!(concat!("../../../../", $path)).as_slice()),)+]
    };
}

/// Every file of `config/` and `rules/`, with its path.
pub(super) const FILES: &[(&str, &[u8])] = embed![
    "config/elastalert.yaml",
    "config/environments/CI.yaml",
    "config/environments/Default.yaml",
    "config/environments/Production.yaml",
    "config/environments/Staging.yaml",
    "config/rule_exclusions/rule_exclusions.CI.conf",
    "config/substitutions/CI.conf",
    "config/substitutions/Default.conf",
    "config/substitutions/Production.conf",
    "config/substitutions/Staging.conf",
    "config/supervisord.conf",
    "rules/app-errors.yaml",
    "rules/app-out-of-memory.yaml",
    "rules/auth-many-addresses.yaml",
    "rules/auth-new-admin.yaml",
    "rules/batch-nightly-backup.yaml",
    "rules/lists/blocked-addresses.txt",
    "rules/platform-heartbeat.yaml",
    "rules/web-5xx-spike.yaml",
    "rules/web-blocked-addresses.yaml",
    "rules/web-error-share.yaml",
    "rules/web-response-times.yaml",
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn below(folder: &Path, found: &mut Vec<String>) {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below(&path, found);
            } else {
                let path = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
                found.push(path.to_str().unwrap().to_owned());
            }
        }
    }

    #[test]
    fn every_file_of_the_sample_workspace_is_embedded() {
        let mut found = Vec::new();
        for folder in ["config", "rules"] {
            below(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
        }
        // Secrets of this machine are git-ignored and must not end in the program.
        found.retain(|path| !path.starts_with("config/substitutions/Sensitive."));
        found.sort();
        let embedded: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(embedded, found);
    }
}
