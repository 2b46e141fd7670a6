enum RedfishPlaceholder {}
