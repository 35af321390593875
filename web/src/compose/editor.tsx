/** Writing with formatting (Tiptap on ProseMirror). Its own chunk: reading mail does not load it. */
import { EditorContent, useEditor, useEditorState } from "@tiptap/react";
import StarterKit from "@tiptap/starter-kit";

interface EditorProps {
  readonly initial: string;
  readonly autoFocus: boolean;
  readonly onChange: (html: string) => void;
}

/** A link typed or pasted in the editor goes to the web or to an address, nothing else. */
const isSafeLink = (url: string) => /^(https?:|mailto:|tel:)/i.test(url);

export default function Editor({ initial, autoFocus, onChange }: EditorProps) {
  const editor = useEditor({
    injectCSS: false,
    autofocus: autoFocus ? "start" : false,
    extensions: [
      StarterKit.configure({
        heading: { levels: [2, 3] },
        codeBlock: false,
        link: {
          openOnClick: false,
          autolink: true,
          protocols: ["mailto", "tel"],
          isAllowedUri: isSafeLink,
          HTMLAttributes: { rel: "noopener noreferrer", target: null },
        },
      }),
    ],
    content: initial,
    editorProps: {
      attributes: {
        "aria-label": "Message",
        role: "textbox",
        "aria-multiline": "true",
        class: "pf-editor__text",
        spellcheck: "true",
        lang: "en-GB",
      },
    },
    onUpdate: (event) => onChange(event.editor.getHTML()),
  });
  const active = useEditorState({
    editor,
    selector: ({ editor: current }) => ({
      bold: current?.isActive("bold") ?? false,
      italic: current?.isActive("italic") ?? false,
      underline: current?.isActive("underline") ?? false,
      bullets: current?.isActive("bulletList") ?? false,
      numbers: current?.isActive("orderedList") ?? false,
      quote: current?.isActive("blockquote") ?? false,
    }),
  });
  if (!editor) return null;
  const tools: readonly (readonly [string, string, boolean, () => void])[] = [
    ["B", "Bold", active?.bold ?? false, () => editor.chain().focus().toggleBold().run()],
    ["I", "Italic", active?.italic ?? false, () => editor.chain().focus().toggleItalic().run()],
    ["U", "Underline", active?.underline ?? false, () => editor.chain().focus().toggleUnderline().run()],
    ["•", "Bulleted list", active?.bullets ?? false, () => editor.chain().focus().toggleBulletList().run()],
    ["1.", "Numbered list", active?.numbers ?? false, () => editor.chain().focus().toggleOrderedList().run()],
    ["”", "Quote", active?.quote ?? false, () => editor.chain().focus().toggleBlockquote().run()],
  ];
  return (
    <div className="pf-editor">
      <div className="pf-editor__tools" role="toolbar" aria-label="Formatting">
        {tools.map(([sign, label, on, run]) => (
          <button
            key={label}
            type="button"
            className={`pf-editor__tool pf-editor__tool--${label.split(" ")[0]?.toLowerCase()}`}
            data-sign={sign}
            aria-label={label}
            title={label}
            aria-pressed={on}
            onClick={run}
          />
        ))}
      </div>
      <EditorContent editor={editor} className="pf-editor__box" />
    </div>
  );
}
