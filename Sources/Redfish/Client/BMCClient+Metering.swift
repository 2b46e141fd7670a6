import PowerEvents
public import Shedding
public import Site
public import StrictJSON

/// Measuring. Reads only, and behind everything that enforces where its context says so.
extension BMCClient {
    /// What was found of a machine's meters, or that there are none.
    struct KnownMeter: Sendable {
        var result: Result<Meter, BMCFault>
        let searched: ContinuousClock.Instant
    }

    /// A search that found nothing, or nothing that measures, is not repeated before this.
    static let meterSearchEvery = Duration.seconds(600)

    /// What a machine and its GPUs draw now: one light read where one document holds them all.
    ///
    /// - Parameters:
    ///   - resource: the node, chassis or GPU
    ///   - gpus: of the node, behind the same BMC; none where only the node is asked for
    ///   - known: the `MeterReading.locator` of an earlier turn, so that nothing has to be searched
    /// - Returns: a failure where nothing at all could be measured for a reason of the BMC's
    public func meter(
        _ resource: Resource, gpus: [Resource] = [], known: JSONValue? = nil,
        context: RequestContext = RequestContext(priority: BMCClient.lowestPriority)
    ) async -> Result<MeterReading, BMCFault> {
        do throws(BMCFault) {
            return .success(try await measure(resource, gpus, known, context: context))
        } catch {
            return .failure(error)
        }
    }

    private func measure(
        _ resource: Resource, _ gpus: [Resource], _ known: JSONValue?, context: RequestContext
    ) async throws(BMCFault) -> MeterReading {
        let ids = [resource.id] + gpus.map(\.id)
        let now = self.now()
        if let kept = meters[resource.id], now - kept.searched < Self.meterSearchEvery {
            // What was found for others is looked for anew only where it is asked for.
            if case .success(let meter) = kept.result, !meter.knows(ids) {
                return try await searchAndMeasure(resource, gpus, context: context)
            }
            let meter = try kept.result.get()
            do {
                return try await read(meter, resource, ids, context: context)
            } catch {
                guard error.kind == .unsupported else { throw error }
                return try await searchAndMeasure(resource, gpus, context: context)
            }
        }
        let kept = try? meters[resource.id]?.result.get()
        if let meter = kept ?? Meter(json: known), meter.knows(ids) {
            let reading = try? await read(meter, resource, ids, context: context)
            if let reading, reading.watts[resource.id] != nil {
                meters[resource.id] = KnownMeter(result: .success(meter), searched: now)
                return reading
            }
        }
        return try await searchAndMeasure(resource, gpus, context: context)
    }

    private func searchAndMeasure(
        _ resource: Resource, _ gpus: [Resource], context: RequestContext
    ) async throws(BMCFault) -> MeterReading {
        let bmc = address
        func entry(_ resource: Resource) -> ControlEntry {
            ControlEntry(
                key: ControlKey(resource: resource.id, facet: .powerLimit), type: resource.type,
                bmc: resource.bmc ?? BMC(address: bmc, credentials: "", trust: .systemAuthorities), pins: resource.pins)
        }
        let meter: Meter
        do {
            meter = try await findMeter(entry(resource), gpus.map(entry), context: context)
        } catch {
            // What is asked for again in a moment is no news of what there is.
            if [.unsupported, .invalidAnswer].contains(error.kind) {
                meters[resource.id] = KnownMeter(result: .failure(error), searched: now())
            }
            throw error
        }
        meters[resource.id] = KnownMeter(result: .success(meter), searched: now())
        meterMemory.forget(allBut: Set(meters.values.flatMap { (try? $0.result.get().points) ?? [] }))
        return try await read(meter, resource, [resource.id] + gpus.map(\.id), context: context)
    }

    private func findMeter(
        _ machine: ControlEntry, _ gpus: [ControlEntry], context: RequestContext
    ) async throws(BMCFault) -> Meter {
        let root = try await serviceRoot(context: context.continued)
        let tree = TreeReader(budget: .meter, now: now) { (uri) async throws(BMCFault) in
            try await self.get(uri, context: context.continued).json
        }
        var search = ControlSearch(tree: tree, root: root, entry: machine)
        return try await search.meter(of: machine, with: gpus)
    }

    // MARK: A turn

    private func read(
        _ meter: Meter, _ resource: Resource, _ ids: [String], context: RequestContext
    ) async throws(BMCFault) -> MeterReading {
        var reading = MeterReading(locator: meter.json)
        for id in ids { reading.notMeasured[id] = meter.missing[id] ?? "no reading of its power was found" }
        let documents = meter.documents(for: Set(ids))
        var first: BMCFault?
        for (index, uri) in documents.prefix(Meter.maximumDocuments).enumerated() {
            let isLast = index == documents.count - 1
            let points = meter.points.filter { Links.isSame($0.uri, uri) && ids.contains($0.resource) }
            do throws(BMCFault) {
                let json = try await get(uri, context: isLast ? context : context.continued).json
                for point in points {
                    take(point, json, point.resource == resource.id ? resource.type : .gpu, &reading)
                }
            } catch {
                // Somebody else's turn, or a BMC that cannot be spoken to: nothing more is asked of it.
                guard !error.isUnreachable, ![.outOfTime, .untrusted, .busy].contains(error.kind) else { throw error }
                first = first ?? error
                for point in points { reading.notMeasured[point.resource] = error.message }
            }
        }
        if let first, reading.watts.isEmpty { throw first }
        try await judgeZeros(&reading, meter, context: context)
        return reading
    }

    private func take(_ point: MeterPoint, _ json: JSONValue, _ type: ResourceType, _ reading: inout MeterReading) {
        do throws(MeterValue.Absence) {
            let value = try MeterValue.read(point, in: json)
            let age = try meterMemory.age(of: value, at: point, now: now(), wall: wall?())
            let watts: Watts
            switch value.amount {
            case .watts(let shown): watts = shown
            case .energy(let joules): watts = try meterMemory.watts(of: joules, at: point, now: now())
            }
            let most = MeterBounds.most(type)
            guard watts <= most else {
                throw MeterValue.Absence(reason: "shows \(watts), and no \(type.rawValue) draws more than \(most)")
            }
            reading.watts[point.resource] = watts
            reading.ages[point.resource] = age
            reading.notMeasured[point.resource] = nil
        } catch {
            reading.notMeasured[point.resource] = "\(point.uri) \(error.reason)"
        }
    }

    /// A machine that runs draws something: 0 W is what many show that do not measure, and what one draws that is off.
    private func judgeZeros(
        _ reading: inout MeterReading, _ meter: Meter, context: RequestContext
    ) async throws(BMCFault) {
        let zeros = reading.watts.filter { $0.value == .zero }.map(\.key)
        guard !zeros.isEmpty else { return }
        if let uri = meter.system,
            let state = try await get(uri, context: context).json["PowerState"]?.string.flatMap(
                PowerState.init(rawValue:)),
            state.isDown
        {
            return
        }
        for id in zeros {
            reading.watts[id] = nil
            reading.ages[id] = nil
            reading.notMeasured[id] = "shows 0 W, which nothing draws that is not off"
        }
    }
}
