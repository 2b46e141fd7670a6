import PowerEvents
import Site
public import StrictJSON

/// A topology of NVIDIA's Dynamic Power Software: power domains with their feeds, and the machines under them.
///
/// What becomes of it is a draft of an inventory: DPS does not say which GPUs a machine has by their Redfish ids, nor how
/// its BMC is trusted, so neither is made up.
public struct DPSTopology: Sendable, Hashable {
    public struct Machine: Sendable, Hashable {
        public let name: String
        public let model: String?
        /// Of its BMC.
        public let url: String
        public let secret: String?
        /// The domain that feeds it, where there is one.
        public let domain: String?
    }

    public struct Domain: Sendable, Hashable {
        public let name: String
        /// Its own feed, or that of the nearest domain above it.
        public let feed: String?
    }

    /// Why a topology cannot be used: where, and what is wrong.
    public struct Unusable: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String
    }

    public let name: String
    public let domains: [Domain]
    public let machines: [Machine]
    /// What was left out, and why.
    public let remarks: [String]

    private struct Place {
        var feed: String?
        var children: [String]
    }

    /// - Throws: ``Unusable``
    public init(json: JSONValue) throws(Unusable) {
        guard let topology = json["Topology"], topology.object != nil else {
            throw Unusable(description: "$.Topology is missing: this is no DPS topology")
        }
        guard let places = topology["Entities"]?.array, let entities = json["Entities"]?.array else {
            throw Unusable(description: "$.Topology.Entities and $.Entities should be arrays")
        }
        var tree: [String: Place] = [:]
        var order: [String] = []
        for (index, place) in places.enumerated() {
            guard let name = place["Name"]?.string, !name.isEmpty else {
                throw Unusable(description: "$.Topology.Entities[\(index)].Name is missing")
            }
            guard tree[name] == nil else {
                throw Unusable(description: "\"\(name)\" occurs twice in $.Topology.Entities")
            }
            tree[name] = Place(
                feed: place["FeedTag"]?.string, children: place["Children"]?.array?.compactMap(\.string) ?? [])
            order.append(name)
        }
        var parents: [String: String] = [:]
        for name in order {
            for child in tree[name]?.children ?? [] where parents.updateValue(name, forKey: child) != nil {
                throw Unusable(description: "\"\(child)\" has two parents among the entities")
            }
        }
        self.name = topology["Name"]?.string ?? "unnamed"
        var machines: [Machine] = []
        var remarks: [String] = []
        for (index, entity) in entities.enumerated() where entity["Type"]?.string == "ComputerSystem" {
            guard let name = entity["Name"]?.string, Self.isFit(name) else {
                throw Unusable(
                    description: "$.Entities[\(index)].Name is missing, or no name that an inventory can hold")
            }
            let redfish = entity["Redfish"]
            guard
                let url = redfish?["URL"]?.string
                    ?? redfish?["TargetIP"]?.string.map({ ip in
                        ip.contains(":") && !ip.hasPrefix("[") ? "https://[\(ip)]" : "https://\(ip)"
                    }),
                BMC.Address(url) != nil, Self.isFit(url.replacing("[", with: "").replacing("]", with: ""))
            else {
                remarks.append("\(name) is left out: it has no Redfish.URL of the form https://host[:port]")
                continue
            }
            var secret = redfish?["SecretName"]?.string
            if let name = secret, !Self.isFit(name) {
                remarks.append("\(url): the SecretName \"\(name)\" is no name that an inventory can hold")
                secret = nil
            }
            machines.append(
                Machine(
                    name: name, model: entity["Model"]?.string, url: url, secret: secret,
                    domain: parents[name]))
        }
        if Set(machines.map(\.name)).count < machines.count {
            throw Unusable(description: "a ComputerSystem occurs twice in $.Entities")
        }
        let used = Set(machines.compactMap(\.domain))
        var domains: [Domain] = []
        for name in order where used.contains(name) {
            guard Self.isFit(name) else {
                throw Unusable(description: "\"\(name)\" is no name that an inventory can hold")
            }
            domains.append(Domain(name: name, feed: Self.feed(above: name, tree, parents)))
        }
        self.domains = domains
        self.machines = machines
        self.remarks = remarks
    }

    /// Whether an inventory takes it for nothing but itself: no range, no `${NAME}`, no `{node}`.
    static func isFit(_ name: String) -> Bool {
        !name.isEmpty && !name.contains { $0.isWhitespace || $0.isNewline || "[]{}$\"\\".contains($0) }
    }

    private static func feed(above name: String, _ tree: [String: Place], _ parents: [String: String]) -> String? {
        var next: String? = name
        // A tree that bites its own tail has no more steps than entities.
        for _ in 0...tree.count {
            guard let name = next else { return nil }
            if let feed = tree[name]?.feed, isFit(feed) { return feed }
            next = parents[name]
        }
        return nil
    }
}
