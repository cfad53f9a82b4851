package dev.fovea.mcp;

import dev.fovea.core.AskOptions;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.TechniqueSpec;
import java.util.List;

/**
 * How a call wants its visual tokens spent.
 *
 * @param techniques as typed on a command line, without names of files
 * @param budget of the whole prompt
 */
public record Spending(List<String> techniques, Budget budget) {
    public Spending {
        techniques = List.copyOf(techniques);
    }

    /** All tokens. */
    public static Spending everything() {
        return new Spending(List.of(), Budget.full());
    }

    /** What a call says, or what the server does with calls that say nothing. */
    Spending chosenBy(Arguments arguments) {
        List<String> named = techniques(arguments);
        String spent = arguments.textOrNull("budget");
        Budget other = named.isEmpty() ? budget : Budget.full();
        return new Spending(named.isEmpty() ? techniques : named, spent == null ? other : Budget.parse(spent));
    }

    /** @throws IllegalArgumentException if one names a file, which would be the server's */
    static List<String> techniques(Arguments arguments) {
        List<String> named = arguments.texts("techniques");
        named.forEach(TechniqueSpec::refuseFiles);
        return named;
    }

    AskOptions options(int maxTokens) {
        return AskOptions.defaults().withTechniques(techniques, budget).withMaxTokens(maxTokens);
    }
}
