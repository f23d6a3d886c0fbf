import Compute

/// The parts of a server's body that are more than one value.
enum ServerParts {
    static func links(_ server: Server, _ links: Links) -> JSON {
        let path = "servers/\(server.id.text)"
        return .array([links.link("self", path), links.bookmark(path)])
    }

    /// The flavor up to 2.46.
    static func flavorLink(_ flavor: Flavor, _ links: Links) -> JSON {
        ["id": .string(flavor.id), "links": .array([links.bookmark("flavors/\(flavor.id)")])]
    }

    /// The flavor from 2.47 on: as it was, even when it is no more.
    static func flavor(_ flavor: Flavor) -> JSON {
        [
            "vcpus": .integer(flavor.vcpus),
            "ram": .integer(flavor.ram),
            "disk": .integer(flavor.disk),
            "ephemeral": .integer(flavor.ephemeral),
            "swap": .integer(flavor.swap),
            "original_name": .string(flavor.originalName),
            "extra_specs": JSON(flavor.extraSpecs),
        ]
    }

    /// The image, or the empty text where there is none, as for a server that boots from a volume.
    static func image(_ server: Server, _ links: Links) -> JSON {
        guard let image = server.imageID else { return "" }
        return ["id": .string(image), "links": .array([links.bookmark("images/\(image)")])]
    }

    /// The name as Nova makes a host name of it: lower case, at most 63 letters, digits, hyphens.
    static func hostname(_ server: Server) -> JSON {
        let plain = server.name.lowercased().unicodeScalars.compactMap { scalar -> Character? in
            switch scalar {
            case " ", "_", ".", "-": "-"
            case "a"..."z", "0"..."9": Character(scalar)
            default: nil
            }
        }
        let name = plain.drop { $0 == "-" }.prefix(63)
        let end = name.lastIndex { $0 != "-" }.map { $0 + 1 } ?? name.startIndex
        return .string(end == name.startIndex ? "server-\(server.id.text)" : String(name[..<end]))
    }
}
