import PowerEvents
import StrictJSON

/// The telemetry service: reports that show many meters at once (DSP0266, 12.7; NVIDIA's bmcweb).
extension RedfishTree {
    private static let telemetry = "/redfish/v1/TelemetryService"
    private static let reports = "\(telemetry)/MetricReports"

    var hasTelemetry: Bool { !reportNames.isEmpty }

    private var reportNames: [String] {
        var names: [String] = []
        if personality.meters.isPlatform { names.append("HGX_PlatformEnvironmentMetrics_0") }
        if personality.meters.reportsInput { names.append("PlatformEnvironmentMetrics_0") }
        if personality.meters.hasHistory { names.append("PowerMetrics") }
        return names
    }

    func telemetryResource(_ path: String) -> JSONValue? {
        guard path.hasPrefix(Self.telemetry), hasTelemetry else { return nil }
        if path == Self.telemetry {
            return .object(
                resource(
                    path, "#TelemetryService.v1_3_2.TelemetryService", "TelemetryService",
                    [
                        "ServiceEnabled": true, "MinCollectionInterval": "PT1S", "MetricReports": link(Self.reports),
                        "Status": ["State": "Enabled", "Health": "OK"],
                    ]))
        }
        if path == Self.reports {
            return collection(path, "MetricReportCollection", reportNames.map { "\(Self.reports)/\($0)" })
        }
        guard let name = reportNames.first(where: { path == "\(Self.reports)/\($0)" }) else { return nil }
        switch name {
        case "PowerMetrics": return history(path)
        case "PlatformEnvironmentMetrics_0": return report(path, name, sensors.filter { !$0.chassis.hasPrefix("HGX_") })
        default: return report(path, name, sensors.filter { $0.chassis.hasPrefix("HGX_") })
        }
    }

    private func report(_ path: String, _ name: String, _ sensors: [SensorPlace]) -> JSONValue {
        let meter = self.meter
        let values = sensors.map { sensor -> JSONValue in
            let value = value(of: sensor, meter).flatMap(JSONNumber.init)?.text ?? "nan"
            return [
                "MetricId": .string(sensor.id), "MetricProperty": .string(uri(sensor)), "MetricValue": .string(value),
                "Timestamp": .string(meter.time),
                "Oem": [
                    "Nvidia": [
                        "@odata.type": "#NvidiaMetricReport.v1_0_0.NvidiaMetricReport",
                        "MetricValueStale": .bool(meter.isStale || sensor.isForgotten),
                    ]
                ],
            ]
        }
        return .object(
            resource(
                path, "#MetricReport.v1_4_2.MetricReport", name,
                [
                    "MetricValues@odata.count": .number(JSONNumber(values.count)), "MetricValues": .array(values),
                    "Oem": [
                        "Nvidia": [
                            "@odata.type": "#NvidiaMetricReport.v1_0_0.NvidiaMetricReport",
                            "SensingIntervalMilliseconds": .number(
                                JSONNumber(Int(personality.meters.sensing * 1000))),
                        ]
                    ],
                ]))
    }

    /// Six meters, each minute of three days: 25,920 values, megabytes of them.
    private func history(_ path: String) -> JSONValue {
        let meter = self.meter
        let names = ["Input", "Output", "CPU", "Memory", "GPU", "Fan"]
        let value = JSONValue.string(meter.watts(.machine).map { "\(Int($0))" } ?? "nan")
        let now = Timestamp(milliseconds: Int64(meter.taken * 1000))
        let values = (0..<4320).flatMap { minute -> [JSONValue] in
            let time = JSONValue.string((now - .seconds(60 * (4319 - minute))).description)
            return names.map { ["MetricId": .string("\($0)Power"), "MetricValue": value, "Timestamp": time] }
        }
        return .object(
            resource(
                path, "#MetricReport.v1_4_2.MetricReport", "PowerMetrics",
                [
                    "MetricValues@odata.count": .number(JSONNumber(values.count)), "MetricValues": .array(values),
                ]))
    }
}
