package dev.fovea.cli;

import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.Techniques;
import dev.fovea.eval.bench.Contestant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** Who is compared: several techniques at several budgets. */
final class ContestOptions {
    private static final String DOWNSAMPLE = "downsample";
    private static final Set<String> SPENDING_NOTHING = Set.of("attention", "logits");

    @Option(
            names = "--techniques",
            split = ",",
            paramLabel = "all|ID,ID,...",
            description = "Techniques to compare, or 'all' (default, where no --technique is given).")
    List<String> ids = new ArrayList<>();

    @Option(
            names = {"-t", "--technique"},
            paramLabel = "ID[:KNOB=VALUE,...]",
            description = "One more technique, with its knobs or with ID:@FILE those of a knob file; may be repeated.")
    List<String> techniques = new ArrayList<>();

    @Option(
            names = {"-b", "--budget"},
            split = ",",
            defaultValue = "50%,25%,12.5%",
            paramLabel = "N|P%,...",
            description = "Budgets, each a count or a percentage (default: ${DEFAULT-VALUE}).")
    List<String> budgets = new ArrayList<>();

    @Option(
            names = "--no-downsample",
            description = "Leave out the picture made smaller until it costs the same, which otherwise takes part at "
                    + "every budget: the baseline that choosing tokens must beat.")
    boolean noDownsample;

    /**
     * The contestants, the plain model first. A technique that spends no tokens takes part once. Behind the chosen ones
     * comes the smaller picture, at every budget that one of them spends.
     *
     * @throws CommandFailure if a name, a knob or a budget is wrong
     */
    List<Contestant> contestants() {
        try {
            Techniques installed = Techniques.installed();
            boolean all = ids.contains("all") || (ids.isEmpty() && techniques.isEmpty());
            Set<String> chosen = new LinkedHashSet<>();
            if (all) {
                installed.planned().stream().map(t -> t.card().id()).forEach(chosen::add);
            }
            ids.stream().map(String::strip).filter(id -> !id.equals("all")).forEach(chosen::add);
            chosen.addAll(techniques);
            Set<Contestant> contestants = new LinkedHashSet<>(List.of(Contestant.VANILLA));
            for (String text : chosen) {
                Technique technique = Spelled.technique(installed, text);
                List<String> own = spends(technique.card()) ? budgets : List.of("full");
                contestants.addAll(Contestant.all(
                        List.of(text), own.stream().map(String::strip).toList()));
            }
            boolean spending = contestants.stream().anyMatch(c -> !c.budget().equals("full"));
            if (spending && !noDownsample) {
                contestants.addAll(Contestant.all(
                        List.of(DOWNSAMPLE), budgets.stream().map(String::strip).toList()));
            }
            return List.copyOf(contestants);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    private static boolean spends(Card card) {
        return !SPENDING_NOTHING.containsAll(card.stations());
    }

    /** The command line that was typed, as a shell would take it again. */
    static String command(List<String> words) {
        StringBuilder out = new StringBuilder("fovea");
        for (String word : words) {
            boolean plain = word.matches("[\\w@%+=:,./-]+");
            out.append(' ').append(plain ? word : "'" + word.replace("'", "'\\''") + "'");
        }
        return out.toString();
    }

    /** What took part, for reports. */
    static List<String> versions() {
        return Arrays.asList(
                "fovea " + Version.number(),
                "Java " + Runtime.version() + " (" + System.getProperty("java.vendor", "unknown vendor") + ")",
                System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", "
                        + Runtime.getRuntime().availableProcessors() + " processors");
    }
}
