package dev.fovea.server;

import java.util.Locale;

/** Names of this machine. */
final class Hosts {
    private Hosts() {}

    /** Whether a name or address means this machine alone. Nothing is looked up. */
    static boolean loopback(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        return name.equals("localhost")
                || name.equals("::1")
                || name.equals("[::1]")
                || name.matches("127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}");
    }

    /** The name in a Host header. */
    static String withoutPort(String header) {
        return header.replaceFirst(":\\d{1,5}$", "");
    }
}
