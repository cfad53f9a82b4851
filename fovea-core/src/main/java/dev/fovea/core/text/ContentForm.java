package dev.fovea.core.text;

import dev.fovea.core.text.jinja.TemplateException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * In which form a template wants the content of a turn: as a list of parts, or as one text with the pictures' tokens in
 * it. Templates do not say; so a small conversation is rendered both ways, and the form is right in which the words come
 * out as they went in and a picture leaves a trace. It is found for each role, as some templates loop over what the user
 * says and print what the system says.
 */
final class ContentForm {
    /** Words that look otherwise once they were written as part of a list, in JSON or for HTML. */
    private static final String WORDS = "Is it 'this'\nor \"that\"?";

    private static final String USER = "user";
    private static final String ASSISTANT = "assistant";
    private static final String SYSTEM = "system";

    /** Renders turns; throws {@link TemplateException} if the template refuses them. */
    interface Renderer {
        String render(List<Object> turns);
    }

    private final Renderer renderer;
    private final String imageToken;
    private final Map<String, Boolean> parts = new HashMap<>();

    private ContentForm(Renderer renderer, String imageToken) {
        this.renderer = renderer;
        this.imageToken = imageToken;
    }

    /**
     * Finds the forms of a template.
     *
     * @throws TemplateException if it runs for too long
     */
    static ContentForm of(Renderer renderer, String imageToken) {
        ContentForm form = new ContentForm(renderer, imageToken);
        form.find();
        return form;
    }

    /** Whether turns of this role are given as parts. */
    boolean parts(String role) {
        return parts.getOrDefault(role, parts.getOrDefault(USER, true));
    }

    private void find() {
        boolean asParts = true;
        boolean withSystem = false;
        for (boolean system : new boolean[] {false, true}) {
            if (keepsPicture(system)) {
                withSystem = system;
                break;
            }
            if (keeps(conversation(system, false, true), 1)) {
                asParts = false;
                withSystem = system;
                break;
            }
        }
        parts.put(USER, asParts);
        for (boolean form : new boolean[] {asParts, !asParts}) {
            List<Object> turns = conversation(withSystem, asParts, false);
            turns.add(turn(ASSISTANT, form, false));
            if (!parts.containsKey(ASSISTANT) && keeps(turns, 2)) {
                parts.put(ASSISTANT, form);
            }
            List<Object> told = new ArrayList<>(List.of(turn(SYSTEM, form, false), turn(USER, asParts, false)));
            if (!parts.containsKey(SYSTEM) && keeps(told, 2)) {
                parts.put(SYSTEM, form);
            }
        }
    }

    private List<Object> conversation(boolean system, boolean asParts, boolean picture) {
        List<Object> turns = new ArrayList<>();
        if (system) {
            turns.add(Map.of("role", SYSTEM, "content", asParts ? List.of(text("s")) : "s"));
        }
        turns.add(turn(USER, asParts, picture));
        return turns;
    }

    private Map<String, Object> turn(String role, boolean asParts, boolean picture) {
        if (!asParts) {
            return Map.of("role", role, "content", (picture ? imageToken + "\n" : "") + WORDS);
        }
        List<Object> content = new ArrayList<>();
        if (picture) {
            content.add(Map.of("type", "image"));
        }
        content.add(text(WORDS));
        return Map.of("role", role, "content", content);
    }

    private static Map<String, Object> text(String words) {
        return Map.of("type", "text", "text", words);
    }

    /** Whether parts keep the words, and a picture among them changes the prompt. */
    private boolean keepsPicture(boolean system) {
        String with = rendered(conversation(system, true, true));
        return count(with) >= 1 && !with.equals(rendered(conversation(system, true, false)));
    }

    private boolean keeps(List<Object> turns, int times) {
        return count(rendered(turns)) >= times;
    }

    private static int count(String rendered) {
        int count = 0;
        for (int at = rendered.indexOf(WORDS); at >= 0; at = rendered.indexOf(WORDS, at + 1)) {
            count++;
        }
        return count;
    }

    /** The prompt, or nothing if the template refuses the turns. */
    private String rendered(List<Object> turns) {
        try {
            return renderer.render(turns);
        } catch (TemplateException e) {
            if (e.ranTooLong()) {
                throw e;
            }
            return "";
        }
    }
}
