package dev.fovea.cli;

import dev.fovea.core.learned.LearnedPlanner;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.technique.Techniques;
import dev.fovea.eval.bench.Contestant;
import dev.fovea.eval.cost.Cost;
import dev.fovea.eval.cost.CostModel;
import dev.fovea.eval.cost.Geometries;
import dev.fovea.eval.cost.Load;
import dev.fovea.eval.cost.PlanSimulator;
import dev.fovea.eval.report.Html;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cost}: operations and memory of techniques, from a configuration alone. */
@Command(
        name = "cost",
        description = {
            "Count what techniques cost on a model: FLOPs by station, keys and values, activations. Needs no weights.",
            "FLOPs count two per multiply-add; techniques that look at the picture are shown an invented one. OWN is what",
            "a technique with weights of its own multiplies by them, PARAMETERS how many it has: they are taken to be 0, so",
            "that choices by score fall on the first tokens, and gates stay shut. BRANCHES is what is read beside the prompt."
        },
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea cost --model llava-1.5-7b --techniques all --budget 192,128,64",
            "  fovea cost --model models/peek --technique hiprune --budget 25%% --json",
            ""
        })
final class CostCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
            names = "--model",
            paramLabel = "NAME|DIR",
            description = "A known geometry (llava-1.5-7b, llava-1.5-13b, peek) or a folder with a config.json"
                    + " (default: peek).")
    String model = "peek";

    @Mixin
    ContestOptions contest;

    @Option(
            names = "--text",
            defaultValue = "64",
            paramLabel = "N",
            description = "Tokens of the prompt that are not visual (default: ${DEFAULT-VALUE}).")
    int text;

    @Option(
            names = "--answer",
            defaultValue = "16",
            paramLabel = "N",
            description = "Tokens of the answer (default: ${DEFAULT-VALUE}).")
    int answer;

    @Option(
            names = "--published",
            description = "Count the last decoder layer for all tokens, as papers do; Fovea computes it for the last"
                    + " one only.")
    boolean published;

    @Mixin
    JsonOption json;

    CostCommand(Session session) {
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        if (text < 0 || answer < 1) {
            throw CommandFailure.usage("--text needs a number from 0 and --answer one from 1");
        }
        CostModel costs = costs();
        costs = published ? costs.asPublished() : costs;
        List<Map<String, Object>> rows = new ArrayList<>();
        Table table = new Table()
                .row(
                        "CONTESTANT",
                        "PER LAYER",
                        "ENCODER",
                        "PREFILL",
                        "SIGNALS",
                        "OWN",
                        "BRANCHES",
                        "DECODE",
                        "TO FIRST TOKEN",
                        "OF FULL",
                        "KV",
                        "ACTIVATIONS",
                        "PARAMETERS");
        Techniques installed = Techniques.installed().plannedBy(LearnedPlanner.blank());
        long full = 0;
        for (Contestant contestant : contest.contestants()) {
            Load load;
            Cost cost;
            long parameters;
            try {
                Plan plan = installed.plan(
                        List.of(contestant.technique()), costs.shape(), Budget.parse(contestant.budget()), 1);
                load = PlanSimulator.load(costs.shape(), plan, text, answer);
                cost = costs.cost(plan, load);
                parameters = parameters(installed, contestant, costs.shape());
            } catch (IllegalArgumentException e) {
                terminal.err().println("fovea: note: " + contestant.label() + " is left out: " + e.getMessage());
                continue;
            }
            full = full == 0 ? cost.firstToken() : full;
            rows.add(row(contestant, load, cost, parameters));
            table.row(
                    contestant.label(),
                    Html.number(load.meanVisual(), 1),
                    Html.metric(cost.encoderTotal()),
                    Html.metric(cost.prefillTotal()),
                    Html.metric(cost.signals()),
                    Html.metric(cost.own()),
                    Html.metric(cost.branches()),
                    Html.metric(cost.decode()),
                    Html.metric(cost.firstToken()),
                    Html.percent((double) cost.firstToken() / full),
                    Html.metric(cost.kvTotal()) + "B",
                    Html.metric(cost.peakActivationBytes()) + "B",
                    Html.metric(parameters));
        }
        if (json.json) {
            Json.print(terminal, Map.of("model", model, "text", text, "answer", answer, "contestants", rows));
        } else {
            table.print(terminal, 0, true);
        }
        return ExitCode.OK;
    }

    private CostModel costs() {
        try {
            return Geometries.find(model);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    /** Values that the technique learns for such a model. */
    private static long parameters(Techniques installed, Contestant contestant, ModelShape shape) {
        TechniqueSpec spec = TechniqueSpec.parse(contestant.technique());
        return installed.get(spec.id()) instanceof LearnedTechnique learned
                ? learned.declaration(shape, spec.knobsOf(learned.card())).size()
                : 0;
    }

    private static Map<String, Object> row(Contestant contestant, Load load, Cost cost, long parameters) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("technique", contestant.technique());
        out.put("budget", contestant.budget());
        out.put("visual_tokens", load.decoder());
        out.put("encoder_flops", cost.encoderTotal());
        out.put("connector_flops", cost.connector());
        out.put("layer_flops", cost.prefill());
        out.put("signal_flops", cost.signals());
        out.put("own_flops", cost.own());
        out.put("own_parameters", parameters);
        out.put("branch_flops", cost.branches());
        out.put("prefill_flops", cost.prefillTotal());
        out.put("decode_flops", cost.decode());
        out.put("kv_bytes", cost.kvBytes());
        out.put("peak_activation_bytes", cost.peakActivationBytes());
        return out;
    }
}
