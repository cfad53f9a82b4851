package dev.fovea.core.image;

import java.util.Base64;
import java.util.Locale;

/** Pictures inside of texts: {@code data:image/png;base64,...} (RFC 2397), the one kind of URL that is ever opened. */
public final class DataUrl {
    private static final int LONGEST_HEAD = 200;

    private DataUrl() {}

    /**
     * The bytes that a data URL holds; the type that it claims is not looked at.
     *
     * @param url untrusted
     * @param name what to call the picture in messages
     * @throws PictureException if it is another URL or not valid base64, in one sentence
     */
    public static byte[] bytes(String url, String name) {
        return bytes(url, name, "picture", "data:image/png;base64,...");
    }

    /**
     * The same of a document.
     *
     * @param url untrusted
     * @param name what to call the document in messages
     * @throws PictureException if it is another URL or not valid base64, in one sentence
     */
    public static byte[] documentBytes(String url, String name) {
        return bytes(url, name, "document", "data:application/pdf;base64,...");
    }

    /** Whether a text begins as a data URL does. */
    public static boolean isOne(String text) {
        return text.regionMatches(true, 0, "data:", 0, 5);
    }

    private static byte[] bytes(String url, String name, String thing, String example) {
        if (!isOne(url)) {
            throw new PictureException(name + " is not a data URL, and addresses are not opened; send the " + thing
                    + " itself as " + example);
        }
        int comma = url.indexOf(',');
        String head = url.substring(0, Math.clamp(comma, 0, LONGEST_HEAD)).toLowerCase(Locale.ROOT);
        if (comma < 0 || !head.endsWith(";base64")) {
            throw new PictureException(name + " must be written as " + example + " (or another type)");
        }
        return base64(url.substring(comma + 1), name);
    }

    /**
     * The bytes of bare base64 (RFC 4648, section 4).
     *
     * @param text untrusted
     * @param name what to call the picture in messages
     * @throws PictureException if it is not valid, in one sentence
     */
    public static byte[] base64(String text, String name) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new PictureException(name + " is not valid base64", e);
        }
    }
}
