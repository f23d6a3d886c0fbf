/// The actions that Nova has on servers.
enum NovaActions {
    static func isKnown(_ action: String) -> Bool {
        ours.contains(action) || verbs[action] != nil || stateless.contains(action)
    }

    /// How Nova names an action in "Cannot 'start' instance …"; nil for one that does not look at the state.
    static func verb(_ action: String) -> String? {
        verbs[action]
    }

    private static let ours: Set<String> = ["restore", "forceDelete", "lock", "unlock"]

    private static let verbs = [
        "changePassword": "changePassword", "confirmResize": "confirmResize", "createBackup": "createBackup",
        "createImage": "createImage", "evacuate": "evacuate", "migrate": "migrate",
        "os-getConsoleOutput": "get_console_output", "os-migrateLive": "os-migrateLive", "os-start": "start",
        "os-stop": "stop", "pause": "pause", "reboot": "reboot", "rebuild": "rebuild", "rescue": "rescue",
        "resize": "resize", "resume": "resume", "revertResize": "revertResize", "shelve": "shelve",
        "shelveOffload": "shelveOffload", "suspend": "suspend", "trigger_crash_dump": "trigger_crash_dump",
        "unpause": "unpause", "unrescue": "unrescue", "unshelve": "unshelve",
    ]

    private static let stateless: Set<String> = [
        "addFixedIp", "addFloatingIp", "addSecurityGroup", "injectNetworkInfo", "os-getRDPConsole",
        "os-getSPICEConsole", "os-getSerialConsole", "os-getVNCConsole", "os-resetState", "removeFixedIp",
        "removeFloatingIp", "removeSecurityGroup", "resetNetwork",
    ]
}
