import StrictJSON

/// What the resources of a machine show of the power that it draws.
extension RedfishTree {
    /// A Sensor of a chassis.
    struct SensorPlace {
        enum Kind { case power, memoryPower, energy, temperature }

        let chassis: String
        let id: String
        let kind: Kind
        let meter: Meter.Place
        /// Whether its values are old whatever happens, as those of a card that is not there.
        var isForgotten = false
    }

    var sensors: [SensorPlace] {
        var all: [SensorPlace] = []
        if let own = personality.meters.sensor {
            all.append(SensorPlace(chassis: machine.chassisID, id: own, kind: .power, meter: .machine))
            if personality.meters.reportsInput {
                all.append(
                    SensorPlace(
                        chassis: machine.chassisID, id: "Chassis_0_NIC_0_TEMP_0", kind: .temperature, meter: .machine,
                        isForgotten: true))
            }
        }
        return personality.meters.isPlatform ? all + platformSensors : all
    }

    private var platformSensors: [SensorPlace] {
        var all: [SensorPlace] = []
        let ids = machine.gpus.keys.sorted()
        for (index, id) in ids.enumerated() {
            let chassis = "HGX_\(id)"
            all += [
                SensorPlace(chassis: chassis, id: "\(chassis)_Power_0", kind: .power, meter: .gpu(index)),
                SensorPlace(chassis: chassis, id: "\(chassis)_Energy_0", kind: .energy, meter: .gpu(index)),
                SensorPlace(chassis: chassis, id: "\(chassis)_DRAM_0_Power_0", kind: .memoryPower, meter: .gpu(index)),
                SensorPlace(chassis: chassis, id: "\(chassis)_TEMP_0", kind: .temperature, meter: .gpu(index)),
            ]
        }
        let modules = personality.board?.modules(of: ids.count) ?? 0
        for number in 0..<modules {
            let chassis = "HGX_CPU_\(number)"
            all.append(
                SensorPlace(chassis: chassis, id: "\(chassis)_Power_0", kind: .power, meter: .processor(of: modules)))
        }
        let board = BoardStyle.chassis
        all.append(SensorPlace(chassis: board, id: "\(board)_TotalGPU_Power_0", kind: .power, meter: .gpus))
        if modules == 0 {
            all.append(SensorPlace(chassis: board, id: "\(board)_TotalHSC_Power_0", kind: .power, meter: .baseboard))
        }
        return all
    }

    func meterResource(_ path: String) -> JSONValue? {
        guard path.contains("/Sensors") else { return nil }
        let all = sensors
        if let sensor = all.first(where: { uri($0) == path }) { return self.sensor(path, sensor) }
        let own = all.filter { "/redfish/v1/Chassis/\($0.chassis)/Sensors" == path }
        return own.isEmpty ? nil : collection(path, "SensorCollection", own.map(uri))
    }

    func uri(_ sensor: SensorPlace) -> String { "/redfish/v1/Chassis/\(sensor.chassis)/Sensors/\(sensor.id)" }

    private func sensor(_ path: String, _ sensor: SensorPlace) -> JSONValue {
        let meter = self.meter
        let (type, units) =
            switch sensor.kind {
            case .power, .memoryPower: ("Power", "W")
            case .energy: ("EnergyJoules", "J")
            case .temperature: ("Temperature", "Cel")
            }
        let value = self.value(of: sensor, meter)
        return .object(
            resource(
                path, "#Sensor.v1_7_0.Sensor", sensor.id,
                [
                    "Reading": value.flatMap(JSONNumber.init).map(JSONValue.number) ?? .null,
                    "ReadingType": .string(type), "ReadingUnits": .string(units), "ReadingTime": .string(meter.time),
                    "Status": ["State": value == nil ? "UnavailableOffline" : "Enabled", "Health": "OK"],
                ]))
    }

    /// Rounded as it is shown.
    func value(of sensor: SensorPlace, _ meter: Meter) -> Double? {
        let value =
            switch sensor.kind {
            case .power: meter.watts(sensor.meter)
            case .memoryPower: meter.watts(sensor.meter).map { $0 * 0.15 }
            case .energy: meter.joules(sensor.meter)
            case .temperature: meter.isMissing ? nil : 41.5
            }
        return value.map(rounded)
    }

    // MARK: Excerpts

    /// `{"Reading": …}`, null where there is no value.
    func excerpt(_ place: Meter.Place, _ meter: Meter) -> JSONValue {
        var excerpt = JSONObject()
        if let sensor = sensors.first(where: { $0.kind == .power && $0.meter == place }) {
            excerpt["DataSourceUri"] = .string(uri(sensor))
        }
        excerpt["Reading"] = watts(place, meter)
        return .object(excerpt)
    }

    func watts(_ place: Meter.Place, _ meter: Meter) -> JSONValue {
        meter.watts(place).map(rounded).flatMap(JSONNumber.init).map(JSONValue.number) ?? .null
    }

    /// Adds what EnvironmentMetrics show beside a limit.
    func addReadings(to metrics: inout JSONObject, of place: Meter.Place) {
        let meter = self.meter
        metrics["PowerWatts"] = excerpt(place, meter)
        guard personality.meters.countsEnergy, let joules = meter.joules(place) else { return }
        metrics["EnergyJoules"] = ["Reading": JSONNumber(rounded(joules)).map(JSONValue.number) ?? .null]
        metrics["EnergykWh"] = ["Reading": JSONNumber(joules / 3_600_000).map(JSONValue.number) ?? .null]
    }

    /// Adds what a PowerControl shows of the machine's draw.
    func addConsumption(to control: inout JSONObject) {
        let style = personality.meters
        guard style.isInPower || style.hasMetrics != nil else { return }
        let meter = self.meter
        let watts = meter.watts(.machine)
        if style.isInPower { control["PowerConsumedWatts"] = self.watts(.machine, meter) }
        guard let isFilled = style.hasMetrics else { return }
        func metric(_ share: Double) -> JSONValue {
            guard isFilled else { return 0 }
            return watts.map { rounded($0 * share) }.flatMap(JSONNumber.init).map(JSONValue.number) ?? .null
        }
        control["PowerMetrics"] = [
            "IntervalInMin": isFilled ? 20 : 0, "AverageConsumedWatts": metric(1), "MaxConsumedWatts": metric(1.04),
            "MinConsumedWatts": metric(0.95),
        ]
    }

    /// What each supply takes in: an even share of the whole.
    func supplies() -> JSONValue {
        let count = personality.meters.supplies
        let meter = self.meter
        let share = meter.watts(.machine).map { rounded($0 / Double(max(1, count))) }
        return .array(
            (0..<count).map { number in
                [
                    "@odata.id": .string("\(paths.power)#/PowerSupplies/\(number)"),
                    "MemberId": .string("\(number)"), "Name": .string("PSU\(number)"), "PowerCapacityWatts": 3300,
                    "PowerInputWatts": share.flatMap(JSONNumber.init).map(JSONValue.number) ?? .null,
                    "Status": ["State": "Enabled", "Health": "OK"],
                ]
            })
    }

    func rounded(_ value: Double) -> Double {
        guard abs(value) < 1e12 else { return value }
        return personality.meters.isExact ? (value * 1000).rounded() / 1000 : value.rounded()
    }
}
