package dev.fovea.eval.bench;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.file.Reasons;
import dev.fovea.eval.EvalException;
import dev.fovea.eval.suite.Suite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * {@code run.json} beside the results: what was compared, so that a run goes on only with what it was begun with, and
 * the command and versions that made it.
 */
final class RunFile {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What must be the same for results to belong together. */
    private static final List<String> FIXED =
            List.of("model", "fingerprint", "arithmetic", "suites", "limit", "contestants", "pdm_h");

    private RunFile() {}

    /**
     * Begins a run, or checks that the one in this folder is the same.
     *
     * @param results the rows of the run; without the file they would belong to nobody knows what
     * @throws EvalException if the folder holds another run; names what differs
     */
    static void begin(Path file, Path results, Contest contest) {
        ObjectNode wanted = describe(contest);
        if (!Files.exists(file)) {
            if (Files.exists(results)) {
                throw EvalException.input(results + " is there without the " + file.getFileName()
                        + " that says what was asked; choose another folder with --out");
            }
            Outputs.write(
                    file,
                    out -> Files.writeString(
                            out, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(wanted) + "\n"));
            return;
        }
        JsonNode found = read(file);
        for (String key : FIXED) {
            if (found.path(key).isMissingNode()) {
                throw EvalException.input(file + " does not name the " + key
                        + ": it is damaged or from another version; choose another folder with --out");
            }
            if (!wanted.path(key).equals(found.path(key))) {
                throw EvalException.input(file.getParent() + " holds a run with other " + key + " (" + found.path(key)
                        + " there, " + wanted.path(key) + " now); choose another folder with --out");
            }
        }
    }

    private static ObjectNode describe(Contest contest) {
        ObjectNode node = JSON.createObjectNode();
        node.put("model", contest.model());
        node.put("fingerprint", contest.fingerprint());
        node.put("arithmetic", contest.arithmetic());
        ArrayNode suites = node.putArray("suites");
        contest.suites().stream().map(Suite::source).forEach(suites::add);
        node.put("limit", contest.limit());
        node.put("pdm_h", contest.dependence());
        ArrayNode contestants = node.putArray("contestants");
        for (Contestant c : contest.contestants()) {
            contestants.addObject().put("technique", c.technique()).put("budget", c.budget());
        }
        node.put("command", contest.command());
        ArrayNode versions = node.putArray("versions");
        contest.versions().forEach(versions::add);
        return node;
    }

    private static JsonNode read(Path file) {
        try {
            return JSON.readTree(Files.readAllBytes(file));
        } catch (JacksonException e) {
            throw EvalException.input(file + " is not valid JSON; choose another folder with --out", e);
        } catch (IOException e) {
            throw EvalException.input(file + " cannot be read: " + Reasons.of(e), e);
        }
    }
}
