import StrictJSON

/// The unit of a Sensor (DSP2046, Sensor: UCUM).
enum SensorUnit {
    /// How many watts one unit is; nil where it measures no power.
    static func wattsPerUnit(of sensor: JSONValue) -> Int? {
        let type = sensor["ReadingType"]?.string
        guard type == nil || type == "Power" else { return nil }
        switch sensor["ReadingUnits"]?.string?.lowercased() {
        case "w"?, "watt"?, "watts"?: return 1
        case "kw"?, "kilowatt"?, "kilowatts"?: return 1000
        case nil: return type == "Power" ? 1 : nil
        default: return nil
        }
    }
}
