package dev.fovea.core.hub;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model on the Hub: {@code ORG/NAME} or {@code ORG/NAME@REVISION}.
 *
 * @param organisation who published it
 * @param name the repository
 * @param revision branch, tag or commit; {@code main} where none is given
 */
public record HubName(String organisation, String name, String revision) {
    private static final String PART = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
    private static final Pattern FORM = Pattern.compile("(" + PART + ")/(" + PART + ")(?:@(.+))?");
    private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,199}");

    public HubName {
        if (revision.contains("..") || !REVISION.matcher(revision).matches()) {
            throw new HubException("'" + revision + "' is no revision; give a branch, a tag or a commit");
        }
        if (name.contains("..") || organisation.contains("..")) {
            throw new HubException("'" + organisation + "/" + name + "' is no model of the Hub");
        }
    }

    /** Whether a text has the form of a model on the Hub. A path with one folder has it too. */
    public static boolean isOne(String text) {
        return FORM.matcher(text).matches();
    }

    /**
     * Reads {@code ORG/NAME} or {@code ORG/NAME@REVISION}.
     *
     * @throws HubException if the text has another form
     */
    public static HubName parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new HubException(
                    "'" + text + "' is no model of the Hub; write ORG/NAME or ORG/NAME@REVISION, for example "
                            + "llava-hf/llava-1.5-7b-hf");
        }
        return new HubName(form.group(1), form.group(2), form.group(3) == null ? "main" : form.group(3));
    }

    /** {@code ORG/NAME}. */
    public String repository() {
        return organisation + "/" + name;
    }

    @Override
    public String toString() {
        return revision.equals("main") ? repository() : repository() + "@" + revision;
    }
}
