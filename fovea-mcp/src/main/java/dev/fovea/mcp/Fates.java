package dev.fovea.mcp;

import dev.fovea.core.path.Ledger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A ledger in few words.
 *
 * @param stations how many tokens each station dropped and merged, in the order of the path
 * @param maps of each image, row by row: {@code #} for a token that was kept, {@code +} merged, {@code .} dropped
 */
record Fates(Map<String, Map<String, Integer>> stations, List<List<String>> maps) {

    static Fates of(Ledger ledger) {
        Map<String, Map<String, Integer>> stations = new LinkedHashMap<>();
        for (Ledger.Token token : ledger.tokens()) {
            for (Ledger.Event event : token.events()) {
                Map<String, Integer> counts = stations.computeIfAbsent(event.station(), s -> new LinkedHashMap<>());
                counts.merge(event.fate().word(), 1, Integer::sum);
            }
        }
        return new Fates(stations, maps(ledger));
    }

    private static List<List<String>> maps(Ledger ledger) {
        List<char[][]> drawn = new ArrayList<>();
        for (Ledger.Grid grid : ledger.images()) {
            char[][] map = new char[grid.rows()][grid.cols()];
            Arrays.stream(map).forEach(row -> Arrays.fill(row, ' '));
            drawn.add(map);
        }
        for (Ledger.Token token : ledger.tokens()) {
            if (token.row() >= 0) {
                drawn.get(token.image())[token.row()][token.col()] = sign(token.fate());
            }
        }
        return drawn.stream()
                .map(map -> Arrays.stream(map).map(String::new).toList())
                .toList();
    }

    private static char sign(Ledger.Fate fate) {
        return switch (fate) {
            case KEPT -> '#';
            case MERGED -> '+';
            case DROPPED -> '.';
        };
    }

    /** What the stations did, and the maps. */
    String words() {
        StringBuilder out = new StringBuilder();
        stations.forEach((station, counts) -> {
            List<String> parts = new ArrayList<>();
            counts.forEach((fate, count) -> parts.add(count + " " + fate));
            out.append("At ")
                    .append(station)
                    .append(": ")
                    .append(String.join(", ", parts))
                    .append(".\n");
        });
        out.append(
                stations.isEmpty()
                        ? "No step decided anything: every patch was kept.\n"
                        : "Patches, row by row (# kept, + merged, . dropped):\n");
        if (!stations.isEmpty()) {
            maps.forEach(map -> out.append(String.join("\n", map)).append('\n'));
        }
        return out.toString().strip();
    }
}
