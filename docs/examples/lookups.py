"""Look up existing objects: immediately by name, or later by an output."""

import pulumi

import aep_pulumi as aep

pulumi.export("sandbox", aep.get_sandbox().title)
pulumi.export("ways_to_sign_in", list(aep.get_connection_spec("salesforce").auth))

secret, url = pulumi.Config().require_secret("clientSecret"), "https://acme.my.salesforce.com"
sign_in = aep.Salesforce.client_credentials(environment_url=url, client_id="3MVG9", client_secret=secret, api_version="60.0")
account = aep.BaseConnection("account-to-explore", name="Salesforce of Acme", **sign_in)

tables = aep.get_tables_output(account)
columns = aep.get_columns_output(account, "Lead")
pulumi.export("tables", tables.apply(lambda tables: [table.path for table in tables]))
pulumi.export("columns", columns.apply(lambda columns: [column["name"] for column in columns]))
