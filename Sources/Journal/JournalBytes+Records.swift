import PowerEvents
import Shedding
import Site
import StrictJSON

/// The records that are written by the thousand, as the compiler's `Codable` spells them, without going through it: that
/// took five times as long. A test holds both against each other, with every member there is.
extension JournalBytes {
    mutating func write(_ entry: ControlEntry) {
        write(json: #"{"key":"#)
        write(entry.key)
        write(json: #","type":"#)
        write(entry.type.rawValue)
        write(json: #","bmc":"#)
        write(entry.bmc)
        write(json: #","pins":"#)
        write(entry.pins)
        write(#","locator":"#, entry.locator) { $0.write($1) }
        write(#","place":"#, entry.place) { $0.write($1) }
        write(#","sharedBy":"#, entry.sharedBy) { $0.write(list: $1) { $0.write($1) } }
        write(#","identity":"#, entry.identity) { $0.write($1) }
        write(#","prior":"#, entry.prior) { $0.write($1) }
        write(#","isMoved":"#, entry.isMoved) { $0.write($1) }
        write(#","intent":"#, entry.intent) { $0.write($1) }
        write(#","held":"#, entry.held) { $0.write($1) }
        write(#","made":"#, entry.made) { $0.write($1) }
        write(json: #","reassertions":"#)
        write(literal: String(entry.reassertions))
        write(#","isPowerCycled":"#, entry.isPowerCycled) { $0.write($1) }
        write(#","isUnconfirmed":"#, entry.isUnconfirmed) { $0.write($1) }
        write(#","wasRefused":"#, entry.wasRefused) { $0.write($1) }
        write(#","floor":"#, entry.floor) { $0.write($1) }
        write(#","earlierIntents":"#, entry.earlierIntents) { $0.write(list: $1) { $0.write($1) } }
        write(json: "}")
    }

    mutating func write(_ plan: PlannedHint) {
        write(json: #"{"hint":"#)
        write(plan.hint)
        write(json: #","verdict":"#)
        write(plan.verdict)
        write(json: #","exceptions":"#)
        write(list: plan.exceptions) { $0.write($1.record) }
        write(json: #","isSuperseded":"#)
        write(plan.isSuperseded)
        if let fallback = plan.fallback {
            write(json: #","fallback":{"demand":"#)
            write(fallback.demand)
            write(json: #","controls":"#)
            write(list: fallback.controls) { $0.write($1) }
            write(json: "}")
        }
        write(#","hasFallenBack":"#, plan.hasFallenBack) { $0.write($1) }
        write(json: "}")
    }

    /// A member that is left out where there is no value for it.
    private mutating func write<Value>(
        _ name: StaticString, _ value: Value?, _ body: (inout JournalBytes, Value) -> Void
    ) {
        guard let value else { return }
        write(json: name)
        body(&self, value)
    }

    /// An enumeration's case with one associated value.
    private mutating func write<Value>(
        payload name: StaticString, _ value: Value, _ body: (inout JournalBytes, Value) -> Void
    ) {
        write(json: name)
        body(&self, value)
        write(json: "}}")
    }

    private mutating func write(_ flag: Bool) { write(literal: flag ? "true" : "false") }

    /// As text: what a BMC spelled must come back as it was.
    private mutating func write(_ value: JSONValue) { write(value.text) }

    private mutating func write<Element>(list: [Element], _ element: (inout JournalBytes, Element) -> Void) {
        write(json: "[")
        for (index, value) in list.enumerated() {
            if index > 0 { write(json: ",") }
            element(&self, value)
        }
        write(json: "]")
    }

    private mutating func write(_ key: ControlKey) {
        write(json: #"{"resource":"#)
        write(key.resource)
        write(json: #","facet":"#)
        write(key.facet.rawValue)
        write(json: "}")
    }

    private mutating func write(_ bmc: BMC) {
        write(json: #"{"address":{"description":"#)
        write(bmc.address.description)
        write(json: #"},"credentials":"#)
        write(bmc.credentials)
        write(json: #","trust":"#)
        switch bmc.trust {
        case .systemAuthorities: write(json: #"{"systemAuthorities":{}}"#)
        case .unverified: write(json: #"{"unverified":{}}"#)
        case .authorities(let file): write(payload: #"{"authorities":{"file":"#, file) { $0.write($1) }
        case .pin(let pin): write(payload: #"{"pin":{"_0":"#, pin) { $0.write($1) }
        }
        write(json: "}")
    }

    private mutating func write(_ pins: Resource.Pins) {
        if pins == Resource.Pins() { return write(json: "{}") }
        write(json: "{")
        var isFirst = true
        for (name, value) in [
            ("powerLimit", pins.powerLimit), ("system", pins.system), ("chassis", pins.chassis),
            ("processor", pins.processor),
        ] {
            guard let value else { continue }
            if !isFirst { write(json: ",") }
            isFirst = false
            write(name)
            write(json: ":")
            write(value)
        }
        write(json: "}")
    }

    private mutating func write(_ prior: ControlEntry.Prior) {
        write(json: #"{"value":"#)
        write(prior.value)
        write(json: #","fragment":"#)
        write(prior.fragment)
        write(json: #","takenAt":{"milliseconds":"#)
        write(literal: String(prior.takenAt.milliseconds))
        write(json: "}")
        write(#","dormant":"#, prior.dormant) { $0.write($1) }
        write(#","place":"#, prior.place) { $0.write($1) }
        write(json: "}")
    }

    private mutating func write(_ place: ControlPlace) {
        write(json: #"{"path":"#)
        write(place.path)
        write(json: #","dialect":"#)
        write(place.dialect)
        write(json: "}")
    }

    private mutating func write(_ identity: MachineIdentity) {
        write(json: "{")
        if let uuid = identity.uuid {
            write(json: #""uuid":"#)
            write(uuid)
        }
        if let serial = identity.serial {
            write(json: identity.uuid == nil ? #""serial":"# : #","serial":"#)
            write(serial)
        }
        write(json: "}")
    }

    private mutating func write(_ watts: Watts) {
        write(json: #"{"microwatts":"#)
        write(literal: String(watts.microwatts))
        write(json: "}")
    }

    private mutating func write(_ value: ControlValue) {
        switch value {
        case .limit(nil): write(json: #"{"limit":{}}"#)
        case .speed(nil): write(json: #"{"speed":{}}"#)
        case .limit(let watts?): write(payload: #"{"limit":{"_0":"#, watts) { $0.write($1) }
        case .speed(let speed?):
            write(json: #"{"speed":{"_0":{"megahertz":"#)
            write(literal: String(speed.megahertz))
            write(json: "}}}")
        case .power(let state): write(payload: #"{"power":{"_0":"#, state.rawValue) { $0.write($1) }
        case .mode(let mode): write(payload: #"{"mode":{"_0":"#, mode) { $0.write($1) }
        }
    }

    private mutating func write(_ hint: ShedHint) {
        write(json: #"{"resourceID":"#)
        write(hint.resourceID)
        write(json: #","resourceType":"#)
        write(hint.resourceType.rawValue)
        write(json: #","action":"#)
        write(hint.action.rawValue)
        write(json: #","priority":"#)
        write(literal: String(hint.priority))
        if let target = hint.targetPower {
            write(json: #","targetPower":{"watts":"#)
            write(target.watts)
            write(json: #","unit":"#)
            write(target.unit.rawValue)
            write(json: "}")
        }
        write(json: "}")
    }

    private mutating func write(_ verdict: PlannedHint.Verdict) {
        switch verdict {
        case .skipped(let reason):
            write(json: #"{"skipped":{"_0":"#)
            write(reason.record)
        case .demand(let demand, let controls):
            write(json: #"{"demand":{"_0":"#)
            write(demand)
            write(json: #","of":"#)
            write(list: controls) { $0.write($1) }
        case .covered(let cover, let demand, let controls):
            write(json: #"{"covered":{"by":"#)
            write(cover)
            write(json: #","_1":"#)
            write(demand)
            write(json: #","of":"#)
            write(list: controls) { $0.write($1) }
        }
        write(json: "}}")
    }

    private mutating func write(_ reason: ReasonRecord) {
        write(json: #"{"name":"#)
        write(reason.name)
        write(#","text":"#, reason.text) { $0.write($1) }
        write(#","resource":"#, reason.resource) { $0.write($1) }
        write(#","names":"#, reason.names) { $0.write(list: $1) { $0.write($1) } }
        write(#","count":"#, reason.count) { $0.write(literal: String($1)) }
        write(#","limit":"#, reason.limit) { $0.write(literal: String($1)) }
        write(#","value":"#, reason.value) { $0.write($1) }
        write(#","wanted":"#, reason.wanted) { $0.write($1) }
        write(#","prior":"#, reason.prior) { $0.write($1) }
        write(#","parts":"#, reason.parts) { $0.write(list: $1) { $0.write($1) } }
        write(json: "}")
    }

    private mutating func write(_ demand: Demand) {
        switch demand {
        case .capToMinimum: write(json: #"{"capToMinimum":{}}"#)
        case .suspended: write(json: #"{"suspended":{}}"#)
        case .cap(let watts): write(payload: #"{"cap":{"_0":"#, watts) { $0.write($1) }
        case .capToShare(let share): write(payload: #"{"capToShare":{"_0":"#, share) { $0.write($1) }
        case .slowToShare(let share): write(payload: #"{"slowToShare":{"_0":"#, share) { $0.write($1) }
        case .mode(let mode): write(payload: #"{"mode":{"_0":"#, mode) { $0.write($1) }
        }
    }

    private mutating func write(_ share: Share) {
        write(json: #"{"basisPoints":"#)
        write(literal: String(share.basisPoints))
        write(json: "}")
    }
}
