package dev.fovea.eval.published;

import dev.fovea.core.Fit;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.model.family.Family;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Substitute;
import dev.fovea.core.technique.Technique;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which technique runs on which family, told from the first published size of each, without a text tower.
 *
 * @param families the columns
 * @param rows by the id of the technique: how it fits each family, in the order of the columns
 */
public record FamilyTable(List<String> families, Map<String, List<Fit>> rows) {

    /** The table of these techniques. */
    public static FamilyTable of(List<Technique> techniques) {
        Map<String, Sizes> sizes = new LinkedHashMap<>();
        for (Published published : Published.all()) {
            sizes.computeIfAbsent(published.family(), family -> Sizes.of(published));
        }
        Map<String, List<Fit>> rows = new LinkedHashMap<>();
        for (Technique technique : techniques) {
            rows.put(
                    technique.card().id(),
                    sizes.values().stream()
                            .map(s -> Fit.of(technique, s.shape, s.pictures))
                            .toList());
        }
        return new FamilyTable(List.copyOf(sizes.keySet()), rows);
    }

    private record Sizes(ModelShape shape, PictureProcessor pictures) {
        static Sizes of(Published published) {
            try {
                Path folder = Files.createTempDirectory("fovea-family");
                try {
                    published.write(folder);
                    Families.Found found = Families.read(folder);
                    Family family = found.family();
                    return new Sizes(found.description().shape(false), family.pictures(folder, found.description()));
                } finally {
                    for (String name : List.of("config.json", "preprocessor_config.json")) {
                        Files.deleteIfExists(folder.resolve(name));
                    }
                    Files.deleteIfExists(folder);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** As a document shows it: the table, then what its marks mean. */
    public String markdown() {
        StringBuilder out = new StringBuilder("| technique | ");
        out.append(String.join(" | ", families))
                .append(" |\n|---")
                .append("|---".repeat(families.size()))
                .append("|\n");
        List<String> refusals = new ArrayList<>();
        rows.forEach((id, fits) -> {
            out.append("| `").append(id).append("` |");
            for (Fit fit : fits) {
                out.append(' ').append(cell(fit, refusals)).append(" |");
            }
            out.append('\n');
        });
        out.append('\n');
        for (Substitute substitute : Substitute.values()) {
            out.append("- ")
                    .append(mark(substitute))
                    .append(": ")
                    .append(substitute.sentence())
                    .append('\n');
        }
        for (int i = 0; i < refusals.size(); i++) {
            out.append("- no ")
                    .append(i + 1)
                    .append(": ")
                    .append(refusals.get(i))
                    .append('\n');
        }
        return out.toString();
    }

    private static String cell(Fit fit, List<String> refusals) {
        String refusal = fit.refusal();
        if (refusal != null) {
            if (!refusals.contains(refusal)) {
                refusals.add(refusal);
            }
            return "no " + (refusals.indexOf(refusal) + 1);
        }
        StringBuilder cell = new StringBuilder("yes");
        fit.substitutes().forEach(s -> cell.append(' ').append(mark(s)));
        return cell.toString();
    }

    private static String mark(Substitute substitute) {
        return String.valueOf((char) ('a' + substitute.ordinal()));
    }
}
