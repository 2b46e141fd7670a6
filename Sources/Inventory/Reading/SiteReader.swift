import Foundation
import PowerEvents
public import Settings
public import Site

/// Reads inventory files into a ``Site``, noting every mistake of every file.
public struct SiteReader {
    private let problems: ProblemCollector
    private let checksFiles: Bool
    private var resources: [Resource] = []
    private var credentials = CredentialReader()
    /// Where each name was first defined, to say so when it comes again.
    private var places: [String: Setting] = [:]
    private var parentReferences: [(setting: Setting, id: String)] = []
    private var credentialReferences: [(setting: Setting, name: String)] = []
    private var feeds = FeedNames()
    private var groups = GroupReader()

    /// - Parameter checksFiles: whether files that an inventory names must exist by now
    public init(problems: ProblemCollector, checksFiles: Bool = true) {
        self.problems = problems
        self.checksFiles = checksFiles
    }

    /// Reads files into one site. The caller asks the collector whether it is to be used.
    public static func load(
        _ paths: [String], environment: [String: String], problems: ProblemCollector, checksFiles: Bool = true
    ) -> Site {
        var reader = SiteReader(problems: problems, checksFiles: checksFiles)
        for path in paths {
            if let file = SettingsFile.load(path, environment: environment, problems: problems) { reader.read(file) }
        }
        return reader.finish()
    }

    /// Adds one file's top-level mapping.
    public mutating func read(_ file: Setting) {
        let sections = file.members(InventoryKeys.sections)
        if let section = sections["credentials"] { credentials.read(section, checksFiles: checksFiles) }
        let defaults = BMCDefaults(sections["defaults"], checksFiles: checksFiles)
        for entry in sections["chassis"]?.elements() ?? [] { readChassis(entry, defaults) }
        for entry in sections["nodes"]?.elements() ?? [] { readNodes(entry, defaults) }
        for entry in sections["groups"]?.elements() ?? [] { groups.read(entry) { Self.expand($0) } }
    }

    /// Checks what only the whole can tell, and hands out the site.
    public func finish() -> Site {
        var groups = groups
        let chassis = Set(resources.filter { $0.type == .chassis }.map(\.id))
        for (setting, id) in parentReferences where !chassis.contains(id) {
            setting.note("there is no chassis \"\(id)\" in the inventory")
        }
        for (setting, name) in credentialReferences where !credentials.names(name) {
            setting.note("there is no entry \"\(name)\" under credentials")
        }
        let inherited = inherit(resources)
        let site = Site(
            resources: inherited, groups: groups.resolve(among: Site(resources: inherited), places: places),
            credentials: credentials.all)
        var shared = SharedBMCs(places: places)
        shared.warn(site.order.compactMap { site.resources[$0] })
        feeds.warn()
        groups.warn(site)
        warnOfInherited(site)
        return site
    }

    /// Warns of rules that what a resource lies in leaves without a meaning: of each entry once.
    private func warnOfInherited(_ site: Site) {
        var told: Set<String> = []
        for own in resources where !own.isProtected && own.hasRules {
            guard let resource = site.resources[own.id], resource.isProtected, let entry = places[own.id],
                let outer = site.enclosing(resource).first(where: \.isProtected),
                told.insert("\(entry.file):\(entry.line ?? 0) \(own.type)").inserted
            else { continue }
            entry.warn("the rules of \(own.id) can never matter: it lies in \(outer.id), which is protected")
        }
    }

    // MARK: Sections

    private mutating func readChassis(_ entry: Setting, _ defaults: BMCDefaults) {
        let members = entry.members(InventoryKeys.chassis)
        guard let ids = Self.expand(members.required("id", of: entry)), !ids.isEmpty else { return }
        let bmcs = readBMC(members["bmc"], count: ids.count, defaults)
        let policy = ResourcePolicy(members, of: .chassis)
        feeds.add(members["feeds"])
        for (index, id) in ids.enumerated() {
            add(
                Resource(
                    id: id, type: .chassis, aliases: policy.aliases(of: id, at: index, count: ids.count),
                    bmc: bmcs?[index], floor: policy.floor, isProtected: policy.isProtected, allowed: policy.allowed,
                    feeds: policy.feeds, pins: policy.pins(at: index, count: ids.count), shedOrder: policy.shedOrder),
                at: entry)
        }
    }

    private mutating func readNodes(_ entry: Setting, _ defaults: BMCDefaults) {
        let members = entry.members(InventoryKeys.node)
        guard let ids = Self.expand(members.required("id", of: entry)), !ids.isEmpty else { return }
        guard let bmcs = readBMC(members.required("bmc", of: entry), count: ids.count, defaults) else { return }
        let parents = members["chassis"].flatMap { sideBySide($0, count: ids.count) }
        if let setting = members["chassis"] {
            for parent in Set(parents ?? []) { parentReferences.append((setting, parent)) }
        }
        let policy = ResourcePolicy(members, of: .node)
        feeds.add(members["feeds"])
        for (index, id) in ids.enumerated() {
            add(
                Resource(
                    id: id, type: .node, aliases: policy.aliases(of: id, at: index, count: ids.count),
                    bmc: bmcs[index], parent: parents?[index], floor: policy.floor, isProtected: policy.isProtected,
                    allowed: policy.allowed, feeds: policy.feeds, pins: policy.pins(at: index, count: ids.count),
                    rest: policy.rest, shedOrder: policy.shedOrder, usesNodeManager: policy.usesNodeManager),
                at: entry)
            guard let gpus = members["gpus"] else { continue }
            for gpu in gpus.isList ? gpus.elements() : [gpus] { readGPUs(gpu, node: id, bmc: bmcs[index]) }
        }
    }

    private mutating func readGPUs(_ entry: Setting, node: String, bmc: BMC) {
        let members = entry.members(InventoryKeys.gpus)
        guard let ids = Self.expand(members.required("id", of: entry), node: node), !ids.isEmpty else { return }
        let processors = members["processor"].flatMap { sideBySide($0, count: ids.count, node: node) }
        if ids.count > 1, let setting = members["processor"], let processors, Set(processors).count < ids.count {
            setting.note("gives \(ids.count) GPUs one processor; write a range as long as the id's")
        }
        let policy = ResourcePolicy(members, of: .gpu)
        feeds.add(members["feeds"])
        for (index, id) in ids.enumerated() {
            var pins = policy.pins(at: index, count: ids.count, node: node)
            pins.processor = processors?[index]
            add(
                Resource(
                    id: id, type: .gpu, aliases: policy.aliases(of: id, at: index, count: ids.count, node: node),
                    bmc: bmc, parent: node, floor: policy.floor, isProtected: policy.isProtected,
                    allowed: policy.allowed, feeds: policy.feeds, pins: pins, shedOrder: policy.shedOrder),
                at: entry)
        }
    }

    // MARK: Parts

    private mutating func readBMC(_ setting: Setting?, count: Int, _ defaults: BMCDefaults) -> [BMC]? {
        guard let setting else { return nil }
        var urlSetting: Setting? = setting
        var defaults = defaults
        if setting.isMapping {
            let members = setting.members(InventoryKeys.bmc)
            urlSetting = members.required("url", of: setting)
            defaults = defaults.overridden(by: members)
        }
        guard let urlSetting, let urls = sideBySide(urlSetting, count: count) else { return nil }
        guard let name = defaults.credentials else {
            return setting.fail("no credentials: name an entry under defaults.bmc.credentials or bmc.credentials")
        }
        credentialReferences.append((defaults.credentialsSetting ?? setting, name))
        var bmcs: [BMC] = []
        for url in urls {
            let address: BMC.Address
            do { address = try BMC.Address(checking: url) } catch { return urlSetting.fail("\(error)") }
            if !address.isEncrypted, !address.isLoopback {
                return urlSetting.fail(
                    "plain http is for loopback only: everybody between would read the password; write https://, with "
                        + "tls: { verify: false } where the BMC has no certificate that can be checked")
            }
            bmcs.append(BMC(address: address, credentials: name, trust: defaults.trust))
        }
        if count > 1, Set(bmcs.map(\.address)).count < count {
            urlSetting.note("gives \(count) machines one BMC; write a range")
        }
        return bmcs
    }

    private static func expand(_ setting: Setting?, node: String? = nil) -> [String]? {
        guard let setting, let text = setting.nonEmptyString() else { return nil }
        do {
            let replaced = node.map { text.replacing("{node}", with: $0) } ?? text
            let names = try HostRange.expand(replaced)
            if let bad = names.first(where: { $0.contains(where: { $0.isWhitespace || $0 == "{" }) }) {
                return setting.fail("makes the name \"\(bad)\"")
            }
            return names
        } catch {
            return setting.fail("\(error)")
        }
    }

    /// A range as long as the ids', or one value for all of them.
    private func sideBySide(_ setting: Setting, count: Int, node: String? = nil) -> [String]? {
        guard let values = Self.expand(setting, node: node) else { return nil }
        if values.count == count { return values }
        if values.count == 1 { return Array(repeating: values[0], count: count) }
        return setting.fail("makes \(values.count) values for \(count) ids")
    }

    private mutating func add(_ resource: Resource, at entry: Setting) {
        for name in [resource.id] + resource.aliases {
            if let first = places[name] {
                entry.note("the name \"\(name)\" is taken already, at \(first.file):\(first.line ?? 0)")
            } else {
                places[name] = entry
            }
        }
        resources.append(resource)
    }

    /// Hands feeds, protection and permissions down from chassis to nodes to GPUs.
    private func inherit(_ list: [Resource]) -> [Resource] {
        var done: [String: Resource] = [:]
        // Chassis come before nodes and nodes before GPUs, so a parent is done before its children.
        let order: [ResourceType] = [.chassis, .node, .gpu]
        for resource in order.flatMap({ type in list.filter { $0.type == type } }) where done[resource.id] == nil {
            let parent = resource.parent.flatMap { done[$0] }
            done[resource.id] = Resource(
                id: resource.id, type: resource.type, aliases: resource.aliases, bmc: resource.bmc,
                parent: resource.parent, floor: resource.floor,
                isProtected: resource.isProtected || parent?.isProtected ?? false,
                allowed: resource.allowed.intersection(parent?.allowed ?? resource.allowed),
                feeds: resource.feeds ?? parent?.feeds, pins: resource.pins, rest: resource.rest,
                shedOrder: resource.shedOrder, usesNodeManager: resource.usesNodeManager)
        }
        return list.compactMap { done[$0.id] }
    }
}

extension Resource {
    /// Whether anything is said of how it may be capped or suspended.
    fileprivate var hasRules: Bool {
        floor != nil || rest != nil || shedOrder != nil || usesNodeManager || allowed != Set(ShedAction.allCases)
    }
}
