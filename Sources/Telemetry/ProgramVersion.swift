/// The version of this build: what `--version` prints and `reprieve worker list` shows.
package enum ProgramVersion {
    /// Major, minor, patch.
    package static let current = "0.1.0"
}
