/// Records as version 1 of each kind writes them, byte by byte.
///
/// These are files of operators: a change here needs a new version of the kind, and a reader for the one before.
enum GoldenRecords {
    static let control = #"""
        {"v":1,"key":"row/1 \"n\"/power_limit","type":"gpu","bmc":{"address":"https://10.0.0.1","credentials":"b","trust":{"pin":"sha256//x="}},"pins":{"power_limit":"/p","system":"s","chassis":"c","processor":"GPU_1"},"locator":{"uri":"/redfish/v1/\"x","Index":0},"place":{"path":"/redfish/v1/x#0","dialect":"power-control"},"shared_by":["c/speed_limit"],"machine":{"uuid":"8f3b6c1e0f5e4f6d9d0a0242ac110002","serial":"ü-7"},"prior":{"value":{"power_limit_microwatts":700000000},"fragment":{"SetPoint":null,"Zero":0,"Float":6720.0,"Text":"a\"b\u000a","List":[true,[]]},"taken_at":1800000000000,"dormant_microwatts":3000000,"place":{"path":"/redfish/v1/x#0","dialect":"power-control"}},"moved":true,"intent":{"power_mode":"Ec\"o"},"held":{"power_limit_microwatts":2000000},"made":{"power_limit_microwatts":640000000},"reassertions":3,"power_cycled":true,"unconfirmed":true,"refused":true,"floor_microwatts":3200000000,"earlier_intents":[{"power_limit_microwatts":null},{"power_limit_microwatts":1},{"speed_limit_megahertz":null},{"speed_limit_megahertz":1980},{"power_state":"Off"}]}
        """#

    static let freeze = #"""
        {"v":1,"scope":{"names":["rack-a07"],"feeds":["main-a"],"bmcs":["https://10.0.0.1"],"resources":["dgx-[01-18]","dgx-[01-18]-gpu[0-7]"]},"exceptions":[{"names":["dgx-03"],"resources":["dgx-03"]}],"since":1800000000000,"until":1800001800000,"user":"ada","reason":"cooling \"works\""}
        """#

    static let bareFreeze = #"""
        {"v":1,"since":1800000000000}
        """#

    static let bareControl = #"""
        {"v":1,"key":"row/1 \"n\"/power_limit","type":"node","bmc":{"address":"https://10.0.0.1","credentials":"b","trust":{"system_authorities":true}}}
        """#

    static let breach = #"""
        {"v":1,"id":"01010101-0101-4101-8101-010101010101","origin":{"source":"//grid/v1/poweragent/a","trace":{"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","flags":"01","state":"v=1"},"correlation_id":"07070707-0707-4707-8707-070707070707"},"feed":"main-a","critical":true,"phase":{"name":"holding_down","until":1800000000000},"opened_at":1800000000000,"updated_at":1800000001000,"plans":[{"hint":{"resource_id":"n","resource_type":"chassis","action":"throttle","priority":3,"target_power":{"microwatts":4000000,"unit":"megawatt"}},"verdict":{"covered_by":"row/1 \"n\"/power_limit","demand":{"suspend":true},"controls":["row/1 \"n\"/power_limit"]},"exceptions":[{"name":"protected","resource":"n1"},{"name":"max_suspended","resource":"n2","count":4,"limit":1}],"superseded":true,"fallback":{"demand":{"cap_basis_points":6000},"controls":["row/1 \"n\"/power_limit"]},"fallen_back":true},{"hint":{"resource_id":"n","resource_type":"node","action":"power_cap","priority":1},"verdict":{"skipped":{"name":"unknown_resource","resource":"w\"y"}}},{"hint":{"resource_id":"n","resource_type":"node","action":"power_cap","priority":1},"verdict":{"demand":{"cap_microwatts":5000000},"controls":["row/1 \"n\"/power_limit"]}},{"hint":{"resource_id":"n","resource_type":"node","action":"power_cap","priority":1},"verdict":{"demand":{"cap_basis_points":6000},"controls":["row/1 \"n\"/power_limit"]}},{"hint":{"resource_id":"n","resource_type":"node","action":"power_cap","priority":1},"verdict":{"demand":{"cap_to_minimum":true},"controls":["row/1 \"n\"/power_limit"]}},{"hint":{"resource_id":"n","resource_type":"node","action":"power_cap","priority":1},"verdict":{"demand":{"suspend":true},"controls":["row/1 \"n\"/power_limit"]}},{"hint":{"resource_id":"n","resource_type":"node","action":"power_cap","priority":1},"verdict":{"demand":{"speed_basis_points":700},"controls":["row/1 \"n\"/power_limit"]}},{"hint":{"resource_id":"n","resource_type":"node","action":"power_cap","priority":1},"verdict":{"demand":{"power_mode":"m"},"controls":["row/1 \"n\"/power_limit"]}}],"released":["row/1 \"n\"/power_limit"],"hold_down_milliseconds":60500,"reported":18446744073709551615,"reported_at":1800000000000,"overdue":true,"had_plans":true}
        """#

    static let bareBreach = #"""
        {"v":1,"id":"02020202-0202-4202-8202-020202020202","origin":{"source":"s"},"feed":"f","critical":false,"phase":{"name":"open"},"opened_at":1800000000000,"updated_at":1800000000000,"hold_down_milliseconds":0}
        """#

    static let plan = #"""
        {"v":1,"hint":{"resource_id":"n","resource_type":"chassis","action":"throttle","priority":3,"target_power":{"microwatts":4000000,"unit":"megawatt"}},"verdict":{"covered_by":"row/1 \"n\"/power_limit","demand":{"suspend":true},"controls":["row/1 \"n\"/power_limit"]},"exceptions":[{"name":"protected","resource":"n1"},{"name":"max_suspended","resource":"n2","count":4,"limit":1}],"superseded":true,"fallback":{"demand":{"cap_basis_points":6000},"controls":["row/1 \"n\"/power_limit"]},"fallen_back":true}
        """#

    static let outcome = #"""
        {"v":1,"code":"failed","reasons":[{"name":"clamped","value":{"power_limit_microwatts":640000000},"wanted":{"power_limit_microwatts":500000000}}],"value":{"power_limit_microwatts":640000000}}
        """#

    static let bareOutcome = #"""
        {"v":1,"code":"applied"}
        """#

    static let alert = #"""
        {"v":1,"event_id":"03030303-0303-4303-8303-030303030303","source":"//grid/v1/poweragent/a","time":1800000000000,"received_at":1800000002000,"trace":{"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","flags":"01","state":"v=1"},"correlation_id":"07070707-0707-4707-8707-070707070707","payload":"{\"a\": 1}","breach_id":"01010101-0101-4101-8101-010101010101","topic":"grid/v1/poweragent/a/powerbreach","digest":"d1"}
        """#

    static let knowledge = #"""
        {"v":1,"rules":1,"sessions":"/redfish/v1/Sessions","controls":[{"key":"row/1 \"n\"/power_limit","type":"gpu","pins":{"chassis":"C1"},"locator":{"uri":"/x","none":null}}]}
        """#

    static let report = #"""
        {"v":1,"enforcement":{"breach_id":"01010101-0101-4101-8101-010101010101","feed_tag":"main-a","action":"applied","code":"partial","diag_msg":"1 of 2","results":[{"resource_id":"n","resource_type":"node","requested_action":"power_cap","code":"applied","applied_power":{"value":500,"unit":"watt"}}],"timestamp":"2027-01-15T08:00:00.000Z"},"origin":{"source":"//grid/v1/poweragent/a","trace":{"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","flags":"01","state":"v=1"},"correlation_id":"07070707-0707-4707-8707-070707070707"}}
        """#
}
