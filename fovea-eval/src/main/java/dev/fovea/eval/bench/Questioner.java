package dev.fovea.eval.bench;

import dev.fovea.core.image.RgbImage;
import dev.fovea.core.message.Reason;
import dev.fovea.core.technique.Plan;
import dev.fovea.eval.cost.Cost;
import dev.fovea.eval.cost.CostModel;
import dev.fovea.eval.cost.Load;
import dev.fovea.eval.subject.Reply;
import dev.fovea.eval.subject.Subject;
import dev.fovea.eval.suite.Grader;
import dev.fovea.eval.suite.Item;
import java.util.List;
import java.util.Map;

/**
 * Puts a question to a model and writes down what came of it: the answer, its grade and what it cost.
 *
 * @param subject the model
 * @param costs counts what it computes
 * @param dependence whether to ask once more to see how far each token of the answer depends on the picture; times and
 *     operations are those of the first answer
 */
public record Questioner(Subject subject, CostModel costs, boolean dependence) {

    /** One that asks once. */
    public Questioner(Subject subject, CostModel costs) {
        this(subject, costs, false);
    }

    /**
     * Asks; what makes an answer fail becomes a row with the reason.
     *
     * @param task the suite
     * @param plan that of the contestant
     * @param viewing the item's picture behind the encoder, under that plan
     * @param image the same picture, for the grader
     */
    public ResultRow ask(
            String task, Item item, Contestant contestant, Plan plan, Subject.Viewing viewing, RgbImage image) {
        try {
            Reply reply = viewing.ask(item.prompt(), item.maxTokens());
            Grader.Grade grade = item.grader().grade(reply.answer(), image);
            Load load = Load.of(
                    subject.shape(),
                    plan,
                    reply.ledger(),
                    reply.textTokens(),
                    reply.tokens().size());
            List<Double> pdmH = dependence ? viewing.dependence(item.prompt(), item.maxTokens()) : List.of();
            return row(task, item, contestant, reply, grade, pdmH, load, viewing.encodeMs(), costs.cost(plan, load));
        } catch (RuntimeException e) {
            return failed(task, item, contestant, Reason.of(e));
        }
    }

    private static ResultRow row(
            String task,
            Item item,
            Contestant contestant,
            Reply reply,
            Grader.Grade grade,
            List<Double> pdmH,
            Load load,
            double encodeMs,
            Cost cost) {
        return new ResultRow(
                task,
                item.id(),
                item.picture().key(),
                contestant.technique(),
                contestant.budget(),
                item.skill(),
                item.group(),
                item.target(),
                reply.answer(),
                grade.prediction(),
                grade.score(),
                grade.facts(),
                reply.logProbability(),
                pdmH,
                reply.ledger().plainTotal(),
                reply.ledger().kept(),
                load.meanVisual(),
                KeptRows.of(reply.ledger()),
                reply.textTokens(),
                reply.tokens().size(),
                encodeMs,
                reply.prefillMs(),
                reply.decodeMs(),
                cost.encoderTotal(),
                cost.prefillTotal(),
                cost.kvTotal(),
                null);
    }

    /** The row of a question that has no answer. */
    public static ResultRow failed(String task, Item item, Contestant contestant, String why) {
        return new ResultRow(
                task,
                item.id(),
                item.picture().key(),
                contestant.technique(),
                contestant.budget(),
                item.skill(),
                item.group(),
                item.target(),
                "",
                "",
                0,
                Map.of(),
                0,
                List.of(),
                0,
                0,
                0,
                List.of(),
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                why);
    }
}
