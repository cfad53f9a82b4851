package dev.fovea.core.generate.json;

import java.util.Map;
import java.util.TreeMap;

/** The named formats of strings, as patterns (RFC 3339, 5321, 1123, 4122 and 4291, without their rarest forms). */
final class Formats {
    private static final String DATE = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
    private static final String TIME =
            "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
    private static final String LABEL = "[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
    private static final String HOST = LABEL + "(\\." + LABEL + "){0,8}";
    private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final String GROUP = "[0-9a-fA-F]{1,4}";

    static final Map<String, String> PATTERNS = new TreeMap<>(Map.of(
            "date", "^" + DATE + "$",
            "time", "^" + TIME + "$",
            "date-time", "^" + DATE + "T" + TIME + "$",
            "duration",
                    "^P([0-9]{1,9}W|([0-9]{1,9}Y)?([0-9]{1,9}M)?[0-9]{1,9}D|([0-9]{1,9}Y)?[0-9]{1,9}M|[0-9]{1,9}Y"
                            + "|T([0-9]{1,9}H)?([0-9]{1,9}M)?[0-9]{1,9}S|T([0-9]{1,9}H)?[0-9]{1,9}M|T[0-9]{1,9}H)$",
            "email", "^[a-zA-Z0-9_+-]{1,32}(\\.[a-zA-Z0-9_+-]{1,32}){0,3}@" + HOST + "$",
            "hostname", "^" + HOST + "$",
            "ipv4", "^" + BYTE + "(\\." + BYTE + "){3}$",
            "ipv6",
                    "^((" + GROUP + ":){7}" + GROUP + "|(" + GROUP + ":){1,6}:" + GROUP + "|::(" + GROUP + "(:" + GROUP
                            + "){0,5})?)$",
            "uuid", "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"));

    private Formats() {}
}
