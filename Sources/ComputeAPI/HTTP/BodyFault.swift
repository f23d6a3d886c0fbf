/// Why the rest of a body does not come.
enum BodyFault: Error {
    case late
    case malformed(any Error)
}
